"""Defines the request bodies of the notifier. Unknown fields are refused."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from contracts.notices import Kind
from contracts.values.ids import PersonId
from contracts.values.languages import Language
from contracts.values.text import clean_line, clean_lines, demand_visible
from contracts.values.unfit import ENDS_WHEN_IT_BEGINS, UnfitValue
from contracts.values.zones import demand_zone
from notifier.delivery.preferences import Preferences
from notifier.store.moderation import CHANGED_AT_ONCE
from notifier.store.notices import NoticeFilter
from notifier.store.operators.acts import Signature
from runtime.auth.operators import sign
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
    quiet_to: WallClock | None = Field(default=None, validate_default=True)

    @field_validator("quiet_to")
    @classmethod
    def _demand_both_ends(cls, quiet_to: time | None, said: ValidationInfo) -> time | None:
        if "quiet_from" not in said.data:
            return quiet_to  # The other one is wrong, and said to be.
        quiet_from = said.data["quiet_from"]
        if (quiet_from is None) != (quiet_to is None):
            raise UnfitValue("Enter both times, or neither.", "Укажите оба времени или ни одного.")
        if quiet_from is not None and quiet_from == quiet_to:
            raise UnfitValue(*ENDS_WHEN_IT_BEGINS)
        return quiet_to

    def to_preferences(self) -> Preferences:
        """Return the preferences, with each kind in `off` once."""
        fields = self.model_dump()
        return Preferences(**fields | {"off": tuple(dict.fromkeys(self.off))})


SignedBy = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(clean_line),
]
"""How the operator signs, if the token names nobody."""
TypedTitle = SignedBy
TypedText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(clean_lines),
    AfterValidator(demand_visible),
]


class InBothLanguages(BaseModel):
    """A text in both languages. The recipient gets it in theirs."""

    model_config = ConfigDict(extra="forbid")

    ru: TypedText
    en: TypedText


class ActBody(BaseModel):
    """What every act of an operator may state."""

    model_config = ConfigDict(extra="forbid")

    by: SignedBy | None = None

    def sign(self, operator: str | None, now: datetime) -> Signature:
        """Return who acts: whom the token names, or else who is stated."""
        return Signature(sign(operator, self.by), now)


class ParkedActBody(ActBody):
    """An act on anything that still waits or is parked, or only on what is parked."""

    only: Literal["parked"] | None = None


class RescheduleBody(ParkedActBody):
    due_at: StatedInstant

    def not_before(self, now: datetime) -> datetime:
        """Return the later of `due_at` and `now`. Raises Malformed if `due_at` is more than
        PUT_OFF_MAX ahead."""
        return demand_near(self.due_at, now)


class CreateNoticeBody(ActBody):
    """A notice that an operator writes. Without `due_at` it is due at once."""

    recipient: UUID
    text: TypedText | InBothLanguages
    title: TypedTitle | None = None
    announcement_id: UUID | None = None
    due_at: StatedInstant | None = None

    def facts(self) -> dict[str, Any]:
        """Return the facts of the notice."""
        text = self.text
        by_language = (
            {"ru": text, "en": text} if isinstance(text, str) else {"ru": text.ru, "en": text.en}
        )
        return {
            "typed": {
                language: {"title": self.title, "text": one}
                for language, one in by_language.items()
            }
        }


class FilterBody(BaseModel):
    """A choice of notices, by what a list can be filtered by."""

    model_config = ConfigDict(extra="forbid")

    recipient: UUID | None = None
    announcement_id: UUID | None = None
    kind: Kind | None = None
    state: Literal["waiting", "parked"] = "waiting"
    needs_approval: StrictBool | None = None

    def to_filter(self) -> NoticeFilter:
        return NoticeFilter(
            recipient=None if self.recipient is None else PersonId(str(self.recipient)),
            announcement_id=None if self.announcement_id is None else str(self.announcement_id),
            state=self.state,
            kind=self.kind,
            needs_approval=self.needs_approval,
        )


class BulkBody(ActBody):
    """One act on many notices: those named, or the newest that a filter chooses."""

    action: Literal["reschedule", "cancel", "approve"]
    ids: (
        Annotated[
            list[Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]],
            Field(min_length=1, max_length=CHANGED_AT_ONCE),
        ]
        | None
    ) = None
    filter: FilterBody | None = None
    due_at: StatedInstant | None = None
    only: Literal["parked"] | None = None

    @model_validator(mode="after")
    def _demand_a_clear_choice(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("either ids or a filter")
        if (self.due_at is None) != (self.action != "reschedule"):
            raise ValueError("due_at is for reschedule")
        if self.only is not None and self.action == "approve":
            raise ValueError("only is not for approve")
        return self


def demand_near(due_at: datetime, now: datetime) -> datetime:
    """Return the later of `due_at` and `now`. Raises Malformed if `due_at` is more than
    PUT_OFF_MAX ahead."""
    if due_at > now + PUT_OFF_MAX:
        error = {"loc": ("due_at",), "type": "too_late", "msg": "more than a year ahead"}
        raise malformed_body([error])
    return max(due_at, now)
