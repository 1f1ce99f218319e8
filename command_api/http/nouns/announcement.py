"""The write routes of announcements, with their bodies."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from command_api.domain.announcement.commands import (
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
)
from command_api.domain.announcement.terms import ChangedTerms
from command_api.http.bodies import NoBody, ShortText, WriteBody, demand_no_null
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.events.announcement import CHANGEABLE_FIELDS, Visibility
from contracts.films import NUMBER_MAX
from contracts.representations import DetailAnnouncementResponse
from contracts.values.ids import AnnouncementId, MovieId, new_id
from contracts.values.prices import demand_cents
from contracts.values.targets import TARGET_NAME, TargetName
from contracts.values.text import clean_line, clean_lines
from contracts.values.zones import demand_zone
from runtime.http.entity_tag import versions_in
from runtime.http.instants import StatedInstant
from runtime.http.json_body import malformed_body
from runtime.http.parameters import Parameter, malformed_parameter

ROUTES: Final = NounRoutes()

TARGETS_MAX: Final = 10
"""How many targets one announcement can be published to."""


def _sort(names: tuple[TargetName, ...]) -> tuple[TargetName, ...]:
    """Return each name once, in order: the same targets are then the same value."""
    return tuple(sorted(set(names)))


Description = Annotated[str, StringConstraints(max_length=4000), AfterValidator(clean_lines)]
Location = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(clean_line),
]
ZoneName = Annotated[str, StringConstraints(max_length=64), AfterValidator(demand_zone)]
EpisodeNumber = Annotated[int, Field(ge=1, le=NUMBER_MAX)]
TicketCount = Annotated[int, Field(ge=1, le=10_000)]
Amount = Annotated[
    float, Field(ge=0, le=1_000_000, allow_inf_nan=False), AfterValidator(demand_cents)
]
StatedTarget = Annotated[TargetName, StringConstraints(pattern=TARGET_NAME)]
PublishTo = Annotated[
    tuple[StatedTarget, ...], Field(max_length=TARGETS_MAX), AfterValidator(_sort)
]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]

REASON_CHARS_MAX: Final = 200
_REASON: Final = TypeAdapter[str](ShortText)
REASON: Final = Parameter(
    "reason",
    "told to everybody concerned",
    {"type": "string", "maxLength": REASON_CHARS_MAX},
)


class TermsBody(WriteBody):
    """The terms of an announcement, each of which may be left out.

    The defaults apply to a new announcement only. Its body requires the terms that have no
    sensible default.
    """

    title: ShortText = ""
    description: Description = ""
    sub_only: bool | None = None
    is_free: bool = False
    ticket_count: TicketCount = 1
    event_time: StatedInstant | None = None
    event_location: Location = ""
    visibility: Visibility | None = None
    tz: ZoneName | None = None
    price_amount: Amount | None = None
    price_currency: Currency | None = None
    hide_location: bool = False
    location_hint: Location | None = None
    publish_to: PublishTo = ()
    hide_guests: bool = False

    @model_validator(mode="after")
    def _demand_one_visibility(self) -> Self:
        if self.visibility is None or self.sub_only is None:
            return self
        if self.sub_only is not (self.visibility == "subscribers"):
            raise ValueError("sub_only and visibility contradict each other")
        return self

    def read_terms(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the terms called `names`, with `sub_only` translated to `visibility`."""
        terms = {name: getattr(self, name) for name in names}
        if self.sub_only is not None and self.visibility is None:
            terms["visibility"] = "subscribers" if self.sub_only else "public"
        return terms


class CreateAnnouncementBody(TermsBody):
    """`sub_only` is the short form of `visibility: subscribers`. An announcement of a series
    names its season and episode; one of a film has neither."""

    title: ShortText
    description: Description
    sub_only: bool
    is_free: bool
    ticket_count: TicketCount
    event_time: StatedInstant
    event_location: Location
    season: EpisodeNumber | None = None
    episode: EpisodeNumber | None = None
    publish: bool = True
    invite: list[UUID] = Field(default=[], max_length=100)

    def terms(self) -> dict[str, Any]:
        """Return all terms, by their names in the domain."""
        return self.read_terms(CHANGEABLE_FIELDS)


class ChangeAnnouncementBody(TermsBody):
    """Only what is to change. `status` publishes, reopens (`Alive`) or closes (`Closed`). With
    `notify: false` nobody is told; refused if a guest relies on what changes."""

    status: Literal["Alive", "Closed"] | None = None
    notify: bool = True

    @model_validator(mode="after")
    def _demand_no_null(self) -> Self:
        demand_no_null(self, ("event_time", "visibility", "sub_only", "status"))
        return self

    def terms(self) -> ChangedTerms:
        """Return the terms that the body states; the others stay unset."""
        given = (name for name in CHANGEABLE_FIELDS if name in self.model_fields_set)
        return ChangedTerms(**self.read_terms(given))


@ROUTES.write(
    "POST",
    "/announcement/{movie_id}",
    CreateAnnouncementBody,
    DetailAnnouncementResponse,
    created=True,
)
async def create_announcement(request: WriteRequest[CreateAnnouncementBody]) -> CreateAnnouncement:
    """Announce a film; open at once, or a draft with `publish: false`."""
    body = request.body
    movie_id = MovieId(request.path_id("movie_id"))
    return CreateAnnouncement(
        announcement_id=AnnouncementId(new_id()),
        film=await request.lookups.find_film(movie_id, body.season, body.episode),
        season=body.season,
        episode=body.episode,
        publish=body.publish,
        invite=await request.lookups.find_invitees(body.invite),
        **body.terms(),
    )


@ROUTES.write(
    "PUT",
    "/announcement/{announcement_id}",
    ChangeAnnouncementBody,
    DetailAnnouncementResponse,
    if_match=True,
)
async def change_announcement(request: WriteRequest[ChangeAnnouncementBody]) -> ChangeAnnouncement:
    """Change some fields, publish, reopen or close. What is already so adds nothing."""
    return ChangeAnnouncement(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        terms=request.body.terms(),
        status=request.body.status,
        if_versions=versions_in(request.http.headers.get("if-match")),
        notify=request.body.notify,
    )


@ROUTES.write(
    "DELETE", "/announcement/{announcement_id}", NoBody, answer=None, parameters=(REASON,)
)
async def cancel_announcement(request: WriteRequest[NoBody]) -> CancelAnnouncement:
    """Cancel the announcement. Repeating it is harmless; history and links stay."""
    reason = _parse_reason(request.http.query_params.get(REASON.name))
    return CancelAnnouncement(
        announcement_id=AnnouncementId(request.path_id("announcement_id")), reason=reason
    )


def _parse_reason(text: str | None) -> str | None:
    """Return the reason without outer spaces. Raises Malformed, as for a field of a body, if it
    is not a text such as a title."""
    try:
        return None if text is None else _REASON.validate_python(text)
    except ValidationError as error:
        found = [one | {"loc": (REASON.name,)} for one in error.errors(include_url=False)]
        raise malformed_parameter(REASON.name, **malformed_body(found).facts) from error
