"""Chooses what random people do with their plans, free times and calendar feeds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from command_api.domain.announcement.commands import FilmFacts
from command_api.domain.feed.commands import MakeFeed, RevokeFeed
from command_api.domain.layer import Layer
from command_api.domain.person.state import Person
from command_api.domain.plan.commands import PlanFilm, StateFreeTimes, UnplanFilm
from command_api.domain.submission import AnyCommand
from contracts.plans.free_times import FreeTime, write_free_time
from contracts.plans.intervals import Interval
from contracts.plans.wished_times import write_wished_time
from contracts.values.ids import FeedId, MovieId, PersonId

FILMS: Final = tuple(
    FilmFacts(MovieId(str(UUID(int=number))), f"Film {number}", f"Фильм {number}", 120)
    for number in range(3)
)


def choose_plan(
    dice: Random, layer: Layer, person_ids: Sequence[PersonId], now: datetime
) -> tuple[PersonId, AnyCommand] | None:
    """Return what somebody does next; sometimes it changes nothing. Returns None if they are
    erased: they come back by another wish."""
    person = layer.person(dice.choice(person_ids))
    return None if person.erased else (person.id, _choose_command(dice, person, now))


def _choose_command(dice: Random, person: Person, now: datetime) -> AnyCommand:
    film, chance = dice.choice(FILMS), dice.random()
    if chance < 0.5:
        wished = Interval(now + timedelta(hours=24), now + timedelta(hours=dice.choice((25, 28))))
        return PlanFilm(
            film=film,
            times=dice.choice(((), (write_wished_time(wished),))),
            places=dice.choice(((), ("Here",), ("Here", "There"))),
        )
    if chance < 0.65:
        return UnplanFilm(movie_id=film.movie_id)
    if chance < 0.8:
        free = FreeTime(dice.choice(("fri", "sat")), None, "18:00", "23:00")
        return StateFreeTimes(tz="UTC", times=dice.choice(((), (write_free_time(free),))))
    if chance < 0.9 or not person.feeds:
        return MakeFeed(feed_id=FeedId(str(UUID(int=dice.getrandbits(128)))), name="phone")
    return RevokeFeed(feed_id=dice.choice((*person.feeds, FeedId(person.id))))
