"""Decides the commands about plans: which films a person wants to see, and when they are free.

A plan is the business of the person alone, and binds nobody. A plan can be announced in one step:
what the announcement still lacks comes from the plan and the free times.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import asdict

from command_api.domain.announcement.commands import CreateAnnouncement
from command_api.domain.announcement.decisions import create_announcement
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.plan.commands import AnnouncePlan, PlanFilm, StateFreeTimes, UnplanFilm
from command_api.domain.plan.state import FilmPlan
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Malformed, NotFound
from contracts.events.plan import FilmPlanned, FilmUnplanned, FreeTimesStated
from contracts.journal.records import Outcome
from contracts.plans.free_times import find_free_intervals
from contracts.plans.intervals import Interval
from contracts.plans.wished_times import read_wished_time, write_wished_time
from contracts.values.zones import zone_or_utc

FREE_WITHIN: Final = timedelta(days=60)
"""How far ahead a free time is looked for."""

DEFAULTS: Final[dict[str, Any]] = {
    "description": "",
    "visibility": "public",
    "is_free": True,
    "ticket_count": 1,
}
"""Terms of an announcement that neither the command nor the plan states."""


def plan_film(recorder: Recorder, command: PlanFilm) -> Outcome:
    """Plan a film, or change the plan. Each time counts once. Repeating it adds nothing. Raises
    Malformed `wished_time_too_short` if the film does not fit into one of the times."""
    film, person_id = command.film, recorder.actor
    lasts = timedelta(minutes=film.duration_min)
    stated = [read_wished_time(one) for one in command.times]
    for index, (begins_at, ends_at) in enumerate(stated):
        if ends_at - begins_at < lasts:
            facts = {"duration_min": film.duration_min}
            raise Malformed.of_field(f"times.{index}.to", "wished_time_too_short", facts)
    times = tuple(write_wished_time(one) for one in sorted(set(stated)))
    planned = recorder.person(person_id).plans
    if film.movie_id not in planned and len(planned) >= recorder.rules.plans_max:
        raise CommandRefused("plans_full", {"limit": recorder.rules.plans_max})
    known = recorder.layer.plan_of(person_id, film.movie_id)
    if known is None or (known.times, known.places) != (times, command.places):
        recorder.record(
            FilmPlanned(
                person_id=person_id,
                movie_id=film.movie_id,
                movie_title=film.title,
                movie_title_ru=film.title_ru,
                duration_min=film.duration_min,
                times=times,
                places=command.places,
            )
        )
    return Outcome("film_planned")


def unplan_film(recorder: Recorder, command: UnplanFilm) -> Outcome:
    """Give a plan up. Repeating it adds nothing."""
    if command.movie_id in recorder.person(recorder.actor).plans:
        recorder.record(FilmUnplanned(person_id=recorder.actor, movie_id=command.movie_id))
    return Outcome("film_unplanned")


def state_free_times(recorder: Recorder, command: StateFreeTimes) -> Outcome:
    """Replace the actor's free times. Repeating it adds nothing."""
    known = recorder.layer.free_times_of(recorder.actor)
    never = known.modified_at is None
    if never or (known.tz, known.times) != (command.tz, command.times):
        recorder.record(
            FreeTimesStated(person_id=recorder.actor, tz=command.tz, times=command.times)
        )
    return Outcome("free_times_stated")


def announce_plan(recorder: Recorder, command: AnnouncePlan) -> Outcome:
    """Announce a planned film, by the rules of any announcement. Raises NotFound if it is not
    planned."""
    plan = recorder.layer.plan_of(recorder.actor, command.film.movie_id)
    if plan is None:
        raise NotFound
    terms = DEFAULTS | {"title": command.title} | _list_set(command.terms)
    if "event_time" not in terms:
        terms["event_time"] = _find_time(recorder, plan, command.film.duration_min)
    if "event_location" not in terms:
        terms["event_location"] = _find_place(plan)
    return create_announcement(
        recorder,
        CreateAnnouncement(
            announcement_id=command.announcement_id,
            film=command.film,
            season=command.season,
            episode=command.episode,
            publish=command.publish,
            **terms,
        ),
    )


PLAN_HANDLERS: Final[Handlers] = (
    pair_handler(PlanFilm, plan_film),
    pair_handler(UnplanFilm, unplan_film),
    pair_handler(StateFreeTimes, state_free_times),
    pair_handler(AnnouncePlan, announce_plan),
)


def _list_set(terms: ChangedTerms) -> dict[str, Any]:
    return {name: value for name, value in asdict(terms).items() if value is not UNSET}


def _find_time(recorder: Recorder, plan: FilmPlan, duration_min: int) -> datetime:
    """Return the beginning of the first wished time that is still to come; without wished times,
    of the first free time that the film fits into. Raises CommandRefused `plan_has_no_time`."""
    lasts = timedelta(minutes=duration_min)
    found = [
        begins_at
        for begins_at, ends_at in _list_times(recorder, plan)
        if recorder.now < begins_at and begins_at + lasts <= ends_at
    ]
    if not found:
        raise CommandRefused("plan_has_no_time")
    return min(found)


def _list_times(recorder: Recorder, plan: FilmPlan) -> Iterator[Interval]:
    if plan.times:
        yield from map(read_wished_time, plan.times)
    else:
        free = recorder.layer.free_times_of(recorder.actor)
        soon = Interval(recorder.now, recorder.now + FREE_WITHIN)
        yield from find_free_intervals(free.times, zone_or_utc(free.tz), soon)


def _find_place(plan: FilmPlan) -> str:
    """Return the first wished place. Raises CommandRefused `plan_has_no_place`."""
    if not plan.places:
        raise CommandRefused("plan_has_no_place")
    return plan.places[0]
