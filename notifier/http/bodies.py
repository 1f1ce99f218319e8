"""Defines the request bodies of the notifier. Unknown fields are refused."""

from datetime import datetime, time, timedelta
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)

from contracts.notices import Kind
from contracts.values.languages import Language
from contracts.values.zones import demand_zone
from notifier.delivery.preferences import Preferences
from runtime.http.instants import StatedInstant
from runtime.http.json_body import malformed_body

PUT_OFF_MAX: Final = timedelta(days=365)
"""How far ahead an operator may put a notice off."""


def _demand_wall_clock(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("a time on the wall clock has no offset")
    return at


WallClock = Annotated[time, AfterValidator(_demand_wall_clock)]
"""A time of day without an offset from UTC."""


class PreferencesBody(BaseModel):
    """All preferences of a person. What is absent goes back to its default."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    tz: Annotated[str, AfterValidator(demand_zone)] | None = None
    off: Annotated[tuple[Kind, ...], Field(max_length=20)] = ()
    receipts: StrictBool = True
    quiet_from: WallClock | None = None
    quiet_to: WallClock | None = None

    @model_validator(mode="after")
    def _demand_both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours have a beginning and an end")
        if self.quiet_from is not None and self.quiet_from == self.quiet_to:
            raise ValueError("quiet hours end at another time than they begin")
        return self

    def to_preferences(self) -> Preferences:
        """Return the preferences, with each kind in `off` once."""
        fields = self.model_dump()
        return Preferences(**fields | {"off": tuple(dict.fromkeys(self.off))})


class RescheduleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    due_at: StatedInstant

    def not_before(self, now: datetime) -> datetime:
        """Return the later of `due_at` and `now`. Raises Malformed if `due_at` is more than
        PUT_OFF_MAX ahead."""
        if self.due_at > now + PUT_OFF_MAX:
            error = {"loc": ("due_at",), "type": "too_late", "msg": "more than a year ahead"}
            raise malformed_body([error])
        return max(self.due_at, now)
