"""Request bodies, as clients send them, and the domain's terms they turn into.

Unknown fields and wrong types are malformed, numbers are not read out of text, a time
must state its offset (`runtime.http.instants`), a text is one line or several
(`contracts.values.text`).
"""

from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from command_api.domain.announcement.terms import ChangedTerms
from contracts.events.announcement import CHANGEABLE_FIELDS, Visibility
from contracts.events.rating import SCORE_MAX, SCORE_MIN
from contracts.values.prices import demand_cents
from contracts.values.text import one_line, some_lines
from contracts.values.zones import known_zone
from runtime.http.instants import Instant
from runtime.http.problems import malformed_body

B = TypeVar("B", bound=BaseModel)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(one_line),
]
Prose = Annotated[str, StringConstraints(max_length=4000), AfterValidator(some_lines)]
Message = Annotated[str, StringConstraints(max_length=1000), AfterValidator(some_lines)]
Place = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(one_line),
]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(known_zone)]
Review = Annotated[str, StringConstraints(max_length=2000), AfterValidator(some_lines)]
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    AfterValidator(one_line),
]
Tags = Annotated[list[Tag], Field(max_length=10)]
RatingScore = Annotated[int, Field(ge=SCORE_MIN, le=SCORE_MAX)]
Seats = Annotated[int, Field(ge=1, le=10_000)]
Amount = Annotated[
    float, Field(ge=0, le=1_000_000, allow_inf_nan=False), AfterValidator(demand_cents)
]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Guests = Annotated[list[UUID], Field(max_length=100)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CreateAnnouncementBody(Body):
    """`sub_only` is the short form of `visibility: subscribers`."""

    title: Line
    description: Prose
    sub_only: bool
    is_free: bool
    ticket_count: Seats
    event_time: Instant
    event_location: Place
    publish: bool = True
    invite: Guests = []
    visibility: Visibility | None = None
    tz: Zone | None = None
    price_amount: Amount | None = None
    price_currency: Currency | None = None
    hide_location: bool = False
    location_hint: Place | None = None

    @model_validator(mode="after")
    def _one_privacy(self) -> Self:
        _demand_one_privacy(self.sub_only, self.visibility)
        return self

    def terms(self) -> dict[str, Any]:
        """The fields of an announcement, by their names in the domain."""
        fields = {name: getattr(self, name) for name in CHANGEABLE_FIELDS}
        short_form: Visibility = "subscribers" if self.sub_only else "public"
        return fields | {"visibility": self.visibility or short_form}


class ChangeAnnouncementBody(Body):
    """Only what is to change. `status` publishes, reopens (`Alive`) or closes (`Closed`)."""

    title: Line = ""
    description: Prose = ""
    sub_only: bool | None = None
    is_free: bool = False
    ticket_count: Seats = 1
    event_time: Instant | None = None
    event_location: Place = ""
    status: Literal["Alive", "Closed"] | None = None
    visibility: Visibility | None = None
    tz: Zone | None = None
    price_amount: Amount | None = None
    price_currency: Currency | None = None
    hide_location: bool = False
    location_hint: Place | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _demand_one_privacy(self.sub_only, self.visibility)
        for name in ("event_time", "visibility", "sub_only", "status"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self

    def terms(self) -> ChangedTerms:
        given = {
            name: getattr(self, name) for name in self.model_fields_set if name in CHANGEABLE_FIELDS
        }
        if self.sub_only is not None and self.visibility is None:
            given["visibility"] = "subscribers" if self.sub_only else "public"
        return ChangedTerms(**given)


class RequestBookingBody(Body):
    message: Message | None = None


class AnswerBookingBody(Body):
    """The caller's own side of the booking."""

    my_status: bool
    reason: Line | None = None
    message: Message | None = None


class InviteBody(Body):
    """With `hold_until` each invited guest's seat is held as long."""

    guest_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    hold_until: Instant | None = None


class RateBody(Body):
    score: RatingScore
    text: Review | None = None
    tags: Tags = []


class ChangeRatingBody(Body):
    """Only what is to change; a text of null takes the text away."""

    score: RatingScore = SCORE_MIN
    text: Review | None = None
    tags: Tags = []

    def news(self) -> dict[str, Any]:
        """The fields that were given, by their names in the domain."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return given | ({"tags": unique(given["tags"])} if "tags" in given else {})


class SuspendBody(Body):
    """`by` is how the operator signs: the operator token belongs to no person."""

    reason: Line
    by: Line | None = None


class ReinstateBody(Body):
    by: Line | None = None


def unique(tags: list[str]) -> tuple[str, ...]:
    """Each once, in the order given."""
    return tuple(dict.fromkeys(tags))


def parse(model: type[B], raw: bytes) -> B:
    """Raises Malformed, saying which fields are wrong and why."""
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise malformed_body(error.errors(include_url=False, include_input=False)) from error


def _demand_one_privacy(sub_only: bool | None, visibility: Visibility | None) -> None:
    if visibility is None or sub_only is None:
        return
    if sub_only is not (visibility == "subscribers"):
        raise ValueError("sub_only and visibility contradict each other")
