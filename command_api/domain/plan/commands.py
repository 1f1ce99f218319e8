"""The commands about plans and free times. The actor is always the person concerned."""

from msgspec import Struct

from command_api.domain.announcement.commands import FilmFacts
from command_api.domain.announcement.terms import ChangedTerms
from contracts.plans.intervals import WrittenTime
from contracts.values.ids import AnnouncementId, MovieId


class PlanFilm(Struct, frozen=True, kw_only=True, tag="plan.plan_film"):
    """The actor wants to see the film, at one of these times and places, if there are any."""

    film: FilmFacts
    times: tuple[WrittenTime, ...]
    """Each as `contracts.plans.wished_times` writes it."""
    places: tuple[str, ...]


class UnplanFilm(Struct, frozen=True, kw_only=True, tag="plan.unplan_film"):
    movie_id: MovieId


class StateFreeTimes(Struct, frozen=True, kw_only=True, tag="plan.state_free_times"):
    tz: str
    times: tuple[WrittenTime, ...]
    """Each as `contracts.plans.free_times` writes it."""


class AnnouncePlan(Struct, frozen=True, kw_only=True, tag="plan.announce"):
    """The actor announces a planned film. What `terms` leave unset comes from the plan."""

    announcement_id: AnnouncementId
    film: FilmFacts
    season: int | None = None
    episode: int | None = None
    title: str
    """Title of the film, in the actor's language."""
    terms: ChangedTerms
    publish: bool = True


AnyPlanCommand = PlanFilm | UnplanFilm | StateFreeTimes | AnnouncePlan
