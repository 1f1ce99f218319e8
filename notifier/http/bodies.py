"""Request bodies of the notifier. Unknown fields are refused."""

from datetime import time
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.errors import Language
from notifier.effects import Kind
from notifier.preferences import Preferences
from runtime.instants import Instant


def _known_zone(tz: str) -> str:
    if tz not in available_timezones():
        raise ValueError("not an IANA time zone")
    return tz


def _wall_clock(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("a time on the wall clock has no offset")
    return at


WallClock = Annotated[time, AfterValidator(_wall_clock)]


class PreferencesBody(BaseModel):
    """The whole of a person's wishes; what is absent goes back to its default."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    tz: Annotated[str, AfterValidator(_known_zone)] | None = None
    off: Annotated[tuple[Kind, ...], Field(max_length=20)] = ()
    receipts: bool = True
    quiet_from: WallClock | None = None
    quiet_to: WallClock | None = None

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours have a beginning and an end")
        return self

    def wishes(self) -> Preferences:
        fields = self.model_dump()
        return Preferences(**fields | {"off": tuple(dict.fromkeys(self.off))})


class RescheduleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    due_at: Instant
