"""Every command has one handler and one answer, and every event is applied by one noun."""

from collections import Counter
from typing import Final, get_args

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.booking.commands import HoldDue
from command_api.domain.broadcast.commands import BroadcastDue
from command_api.domain.nouns import NOUNS
from command_api.domain.person.commands import ErasureDue
from command_api.domain.rating.commands import RatingDue
from command_api.domain.submission import AnyCommand
from contracts.events.stored.domain_event import DomainEvent

COMMANDS: Final = Counter(get_args(AnyCommand))
OF_THE_LEADER: Final = {AnnouncementDue, HoldDue, RatingDue, ErasureDue, BroadcastDue}
"""Nobody waits for an answer to these."""


def test_every_command_has_exactly_one_handler() -> None:
    assert Counter(kind for noun in NOUNS for kind, _ in noun.handlers) == COMMANDS
    assert set(COMMANDS.values()) == {1}


def test_every_command_that_somebody_sends_has_exactly_one_answer() -> None:
    answered = Counter(kind for noun in NOUNS for kind in noun.answers)
    assert answered == Counter(set(COMMANDS) - OF_THE_LEADER)


def test_every_event_is_of_exactly_one_noun_and_every_noun_has_events() -> None:
    for kind in get_args(DomainEvent):
        assert len([noun for noun in NOUNS if issubclass(kind, noun.family)]) == 1, kind
    for noun in NOUNS:
        assert any(issubclass(kind, noun.family) for kind in get_args(DomainEvent)), noun.family
