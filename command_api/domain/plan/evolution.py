"""Applies the events of plans to the layer, and takes them from it once a person is erased."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.layer import Layer
from command_api.domain.person.engagements import without
from command_api.domain.plan.state import FilmPlan, FreeTimes
from contracts.events.plan import AnyPlanEvent, FilmPlanned, FilmUnplanned, FreeTimesStated
from contracts.values.ids import MovieId, PersonId


def apply_plan_event(layer: Layer, event: AnyPlanEvent, at: datetime, _actor: PersonId) -> None:
    match event:
        case FilmPlanned():
            _plan(layer, event, at)
        case FilmUnplanned():
            person = layer.person(event.person_id)
            plans = without(person.plans, event.movie_id)
            layer.people.put(person.id, replace(person, plans=plans))
            _empty(layer, event.person_id, event.movie_id)
        case FreeTimesStated():
            stated = FreeTimes(tz=event.tz, times=event.times, modified_at=at)
            layer.free_times.put(event.person_id, stated)


def _plan(layer: Layer, event: FilmPlanned, at: datetime) -> None:
    plan = FilmPlan(
        movie_id=event.movie_id,
        movie_title=event.movie_title,
        movie_title_ru=event.movie_title_ru,
        duration_min=event.duration_min,
        times=event.times,
        places=event.places,
        modified_at=at,
    )
    layer.plans.put((event.person_id, event.movie_id), plan)
    person = layer.person(event.person_id)
    if event.movie_id not in person.plans:
        layer.people.put(person.id, replace(person, plans=(*person.plans, event.movie_id)))


def forget_plans(layer: Layer, person_id: PersonId, planned: tuple[MovieId, ...]) -> None:
    """Empty the plans and the free times of an erased person."""
    for movie_id in planned:
        _empty(layer, person_id, movie_id)
    if layer.free_times.get(person_id) is not None:
        layer.free_times.put(person_id, FreeTimes())


def _empty(layer: Layer, person_id: PersonId, movie_id: MovieId) -> None:
    """Leave nothing of the person's wishes in a plan that no longer stands."""
    plan = layer.plans.get((person_id, movie_id))
    if plan is not None:
        layer.plans.put((person_id, movie_id), replace(plan, times=(), places=()))
