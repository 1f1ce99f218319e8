"""Whatever people say, and in whatever order: what always holds (properties)."""

from collections import Counter
from random import Random
from typing import get_args

from hypothesis import HealthCheck, given, settings

from command_api.domain.decide import decide
from command_api.domain.layer import Layer
from command_api.domain.rules import DEFAULT_RULES, Rules
from contracts.events.announcement import (
    AnyAnnouncementEvent,
)
from contracts.events.booking import (
    AnyBookingEvent,
)
from contracts.events.invite_link import AnyInviteLinkEvent
from contracts.events.person import PersonSeen
from contracts.events.stored.domain_event import DomainEvent
from tests.histories.decided import submit
from tests.unit.command_api.domain.random_cell import (
    PEOPLE,
    RandomCell,
    live,
    rules,
    steps,
)
from tests.unit.command_api.domain.spec import (
    ANNOUNCEMENT,
    NOON,
    announce,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules, steps)
def test_whatever_people_say(ruled_by: Rules, history: list[int]) -> None:
    live(RandomCell(ruled_by), history)


def test_every_event_comes_up() -> None:
    """So that the properties above are about all of them."""
    random = Random(1)
    recorded: Counter[type[DomainEvent]] = Counter()
    for _ in range(36):
        cell = RandomCell(DEFAULT_RULES)
        live(cell, (random.getrandbits(64) for _ in range(300)))
        recorded += cell.recorded
    come_up = PersonSeen | AnyAnnouncementEvent | AnyBookingEvent | AnyInviteLinkEvent
    assert set(recorded) == set(get_args(come_up))
    assert min(recorded.values()) >= 3, recorded


def test_a_dropped_decision_leaves_no_trace() -> None:
    layer = Layer.empty()
    command = submit(PEOPLE[0], announce())
    decision = decide(command, layer, NOON, DEFAULT_RULES, position=1)
    assert decision.events
    assert not layer.announcements.own
    tentative = Layer.on(layer)
    tentative.absorb(decision.layer)
    layer.absorb(decision.layer)
    tentative.forget(decision.layer)
    assert not tentative.announcements.own
    assert tentative.announcements.get(ANNOUNCEMENT) is layer.announcements.own[ANNOUNCEMENT]
