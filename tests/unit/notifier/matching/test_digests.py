"""Whose plan a new evening fits, and when their digest is due."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.plans.wishes import Wishes
from contracts.values.ids import PersonId
from notifier.matching.digests import (
    EVERY,
    Planner,
    choose_people,
    describe_evening,
    plan_digest,
)
from notifier.planning.notice_plan import NoticeSource, PlannedFanOut
from notifier.policies.effects import MERGED_WITHIN, FanOut
from notifier.state import KnownAnnouncement, NotifierState
from tests.histories.notifier_events import BEGIN, announcement, created, person

ANYTIME = Wishes((), (), (), "UTC")
NEVER = Wishes(("2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z",), (), (), "UTC")


def evening(**fields: Any) -> KnownAnnouncement:
    state = NotifierState()
    state.evolve(created(**fields))
    return state.announcement(announcement())


def planner(name: str, wishes: Wishes = ANYTIME, *, told: bool = True) -> Planner:
    return Planner(person(name), wishes, told)


def chosen(*planners: Planner, followers: tuple[str, ...] = (), **fields: Any) -> list[PersonId]:
    return choose_people(evening(**fields), planners, [person(name) for name in followers])


def test_only_those_are_told_whose_plan_it_fits() -> None:
    assert chosen(planner("anna"), planner("boris", NEVER)) == [person("anna")]


def test_nobody_is_told_of_their_own_evening() -> None:
    assert chosen(planner("host")) == []


def test_followers_hear_of_it_once() -> None:
    deaf = planner("boris", told=False)
    assert chosen(planner("anna"), deaf, followers=("anna", "boris")) == [person("boris")]


@pytest.mark.parametrize(("wished", "expected"), [("Lenina", []), ("Centre", [person("anna")])])
def test_a_hidden_place_does_not_count(wished: str, expected: list[PersonId]) -> None:
    fields: dict[str, Any] = {
        "hide_location": True,
        "event_location": "Lenina 1",
        "location_hint": "Centre",
    }
    assert chosen(planner("anna", Wishes((), (wished,), (), "UTC")), **fields) == expected


def test_a_digest_waits_for_a_day_since_the_last_one() -> None:
    effect = FanOut(person("host"), announcement(), {}, expires_at=BEGIN)
    fanout = PlannedFanOut(effect, NoticeSource(7, 0, "announcement.published.v1"), BEGIN)
    assert plan_digest(fanout, person("anna"), None).due_at == BEGIN + MERGED_WITHIN
    an_hour_ago = BEGIN - timedelta(hours=1)
    assert plan_digest(fanout, person("anna"), an_hour_ago).due_at == an_hour_ago + EVERY
    long_ago = BEGIN - timedelta(days=9)
    assert plan_digest(fanout, person("anna"), long_ago).due_at == BEGIN + MERGED_WITHIN


def test_a_digest_names_the_episode_of_a_series() -> None:
    said = describe_evening(evening(season=1, episode=10), "http://s/1")
    assert said == {
        "film": "Solaris, season 1, episode 10",
        "film_ru": "Солярис, сезон 1, серия 10",
        "event_time": evening().event_time.isoformat(),
        "link": "http://s/1",
    }
