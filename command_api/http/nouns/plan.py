"""The write routes of plans and free times, with their bodies."""

from datetime import date, datetime
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.plan.commands import AnnouncePlan, PlanFilm, StateFreeTimes, UnplanFilm
from command_api.domain.plan.representation import UnplannedResponse
from command_api.http.bodies import NoBody, WriteBody
from command_api.http.noun_routes import NounRoutes, WriteRequest
from command_api.http.nouns.announcement import EpisodeNumber, Location, TermsBody, ZoneName
from contracts.events.announcement import CHANGEABLE_FIELDS
from contracts.plans.free_times import Day, FreeTime, write_free_time
from contracts.plans.intervals import Interval, WrittenTime
from contracts.plans.representations import FreeTimesResponse, PlanResponse
from contracts.plans.wished_times import write_wished_time
from contracts.representations import DetailAnnouncementResponse
from contracts.values.ids import AnnouncementId, MovieId, new_id
from contracts.values.languages import Text
from contracts.values.times import FIRST_YEAR
from contracts.values.unfit import ENDS_WHEN_IT_BEGINS, UnfitValue
from contracts.values.words import split_words
from contracts.values.zones import HOME_ZONE
from runtime.http.instants import LAST_STATED_YEAR, StatedInstant
from runtime.http.negotiation import language_of

ROUTES: Final = NounRoutes()

TIMES_MAX: Final = 50
PLACES_MAX: Final = 20


def _demand_words(text: str) -> str:
    """Return the text. Raises UnfitValue if it has no words by which a place could be found."""
    if not split_words(text):
        raise UnfitValue("It has no words to find it by.", "Здесь нет слов, по которым искать.")
    return text


def _demand_known_year(stated: date) -> date:
    if not FIRST_YEAR <= stated.year <= LAST_STATED_YEAR:
        raise ValueError(f"not within the years {FIRST_YEAR} to {LAST_STATED_YEAR}")
    return stated


StatedDate = Annotated[date, AfterValidator(_demand_known_year)]
Place = Annotated[Location, AfterValidator(_demand_words)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)$")]
EndTime = Annotated[str, StringConstraints(pattern=r"^((([01]\d|2[0-3]):[0-5]\d)|24:00)$")]


class WishedTimeBody(WriteBody):
    """From the beginning of the film to its end, at the longest."""

    begins_at: StatedInstant = Field(alias="from")
    ends_at: StatedInstant = Field(alias="to")

    @field_validator("ends_at")
    @classmethod
    def _demand_order(cls, ends_at: datetime, said: ValidationInfo) -> datetime:
        begins_at = said.data.get("begins_at")
        if begins_at is not None and begins_at >= ends_at:
            raise UnfitValue("It ends before it begins.", "Конец раньше начала.")
        return ends_at


class PlanBody(WriteBody):
    """Without `times` the caller's free times count; without `places` any place is right."""

    times: list[WishedTimeBody] = Field(default=[], max_length=TIMES_MAX)
    places: list[Place] = Field(default=[], max_length=PLACES_MAX)

    def list_times(self) -> tuple[WrittenTime, ...]:
        """Return the times in the order of the body."""
        return tuple(write_wished_time(Interval(one.begins_at, one.ends_at)) for one in self.times)


class FreeTimeBody(WriteBody):
    """On a `day` of every week or on one `date`, by the clock. It ends on the next day if `to` is
    not later than `from`."""

    day: Day | None = None
    date: StatedDate | None = None
    begins: ClockTime = Field(alias="from")
    ends: EndTime = Field(alias="to")

    @field_validator("ends")
    @classmethod
    def _demand_another_end(cls, ends: str, said: ValidationInfo) -> str:
        if said.data.get("begins") == ends:
            raise UnfitValue(*ENDS_WHEN_IT_BEGINS)
        return ends

    @model_validator(mode="after")
    def _demand_one_day(self) -> Self:
        if (self.day is None) is (self.date is None):
            raise ValueError("state either a day or a date")
        return self


class FreeTimesBody(WriteBody):
    """Without `tz` the caller's own zone counts, as Auth knows it now."""

    tz: ZoneName | None = None
    times: list[FreeTimeBody] = Field(max_length=TIMES_MAX)

    def list_times(self) -> tuple[WrittenTime, ...]:
        """Return each time once, in the order given."""
        written = (
            write_free_time(FreeTime(one.day, one.date, one.begins, one.ends)) for one in self.times
        )
        return tuple(dict.fromkeys(written))


class AnnouncePlanBody(TermsBody):
    """All terms may be left out. The title is then the film's; time and place come from the plan;
    one guest may come, for free. A series needs its season and episode."""

    season: EpisodeNumber | None = None
    episode: EpisodeNumber | None = None
    publish: bool = True

    def terms(self) -> ChangedTerms:
        """Return the terms that the body states; the others stay unset."""
        stated = (
            name
            for name in CHANGEABLE_FIELDS
            if name in self.model_fields_set and getattr(self, name) is not None
        )
        return ChangedTerms(**self.read_terms(stated))


@ROUTES.write("PUT", "/plan/{movie_id}", PlanBody, PlanResponse)
async def plan_film(request: WriteRequest[PlanBody]) -> PlanFilm:
    """Plan to see a film in company: at which times, at which places. Only the caller sees it.
    Evenings that fit can be listed, and are told when they are announced."""
    return PlanFilm(
        film=await request.lookups.find_film_to_plan(MovieId(request.path_id("movie_id"))),
        times=request.body.list_times(),
        places=tuple(dict.fromkeys(request.body.places)),
    )


@ROUTES.write("DELETE", "/plan/{movie_id}", NoBody, UnplannedResponse)
async def unplan_film(request: WriteRequest[NoBody]) -> UnplanFilm:
    """Give a plan up. Repeating it is harmless."""
    return UnplanFilm(movie_id=MovieId(request.path_id("movie_id")))


@ROUTES.write(
    "POST",
    "/plan/{movie_id}/announcement",
    AnnouncePlanBody,
    DetailAnnouncementResponse,
    created=True,
)
async def announce_plan(request: WriteRequest[AnnouncePlanBody]) -> AnnouncePlan:
    """Announce a planned film in one step. The time is the first wished one that is still to
    come, or the first free one; the place is the first wished one. The body may say otherwise."""
    body = request.body
    movie_id = MovieId(request.path_id("movie_id"))
    film = await request.lookups.find_film(movie_id, body.season, body.episode)
    return AnnouncePlan(
        announcement_id=AnnouncementId(new_id()),
        film=film,
        season=body.season,
        episode=body.episode,
        title=Text(en=film.title, ru=film.title_ru).in_language(language_of(request.http)),
        terms=body.terms(),
        publish=body.publish,
    )


@ROUTES.write("PUT", "/free-times", FreeTimesBody, FreeTimesResponse)
async def state_free_times(request: WriteRequest[FreeTimesBody]) -> StateFreeTimes:
    """Say when the caller is free. It replaces what was said before. Only the caller sees it."""
    tz = request.body.tz
    if tz is None:
        person = await request.lookups.find_actor(request.caller.person_id)
        tz = HOME_ZONE if person is None else person.tz
    return StateFreeTimes(tz=tz, times=request.body.list_times())
