"""The commands about plans and free times. The actor is always the person concerned."""

from datetime import datetime

from msgspec import Struct

from command_api.domain.announcement.commands import FilmFacts
from contracts.events.announcement import Visibility
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
    """The actor announces a planned film. What is None comes from the plan."""

    announcement_id: AnnouncementId
    film: FilmFacts
    title: str
    description: str
    visibility: Visibility
    is_free: bool
    price_amount: float | None = None
    price_currency: str | None = None
    ticket_count: int
    event_time: datetime | None = None
    event_location: str | None = None
    tz: str | None = None
    hide_location: bool = False
    location_hint: str | None = None
    season: int | None = None
    episode: int | None = None
    publish: bool = True


AnyPlanCommand = PlanFilm | UnplanFilm | StateFreeTimes | AnnouncePlan
