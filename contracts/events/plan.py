"""Events of plans: which films a person wants to see, when and where, and when they are free.

Every field is storage format (`contracts.events.stored.base`). Only the person may know of them.
"""

from contracts.events.stored.base import Event
from contracts.values.ids import MovieId, PersonId
from contracts.values.personal import NotPersonal, WishOfPerson, ZoneOfPerson


class PlanEvent(Event, frozen=True, kw_only=True):
    """The family of the events of a person's plans."""

    person_id: PersonId


class FilmPlanned(PlanEvent, frozen=True, kw_only=True, tag="plan.film_planned.v1"):
    """The person planned a film, or changed the plan. The film is as Movie_API knew it then."""

    movie_id: MovieId
    movie_title: NotPersonal
    movie_title_ru: NotPersonal
    duration_min: int
    times: tuple[WishOfPerson, ...] = ()
    """Each as `contracts.plans.wished_times` writes it."""
    places: tuple[WishOfPerson, ...] = ()


class FilmUnplanned(PlanEvent, frozen=True, kw_only=True, tag="plan.film_unplanned.v1"):
    """The person gave the plan up."""

    movie_id: MovieId


class FreeTimesStated(PlanEvent, frozen=True, kw_only=True, tag="plan.free_times_stated.v1"):
    """The person said when they are free. It replaces what they said before."""

    tz: ZoneOfPerson
    """The zone of these times."""
    times: tuple[WishOfPerson, ...] = ()
    """Each as `contracts.plans.free_times` writes it."""


AnyPlanEvent = FilmPlanned | FilmUnplanned | FreeTimesStated
