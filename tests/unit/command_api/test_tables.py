"""Every command has one handler and one answer, and every event one evolution."""

from collections import Counter
from typing import Final, get_args

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.booking.commands import HoldDue
from command_api.domain.decide import HANDLERS_BY_NOUN
from command_api.domain.evolution import EVOLUTIONS
from command_api.domain.rating.commands import RatingDue
from command_api.domain.submission import AnyCommand
from command_api.rendering import ANSWERS
from command_api.representations import announcement, booking, person, rating
from contracts.events.domain_event import DomainEvent

COMMANDS: Final = Counter(get_args(AnyCommand))
OF_THE_LEADER: Final = {AnnouncementDue, HoldDue, RatingDue}
"""Nobody waits for an answer to these."""


def test_every_command_has_exactly_one_handler() -> None:
    assert Counter(kind for handlers in HANDLERS_BY_NOUN for kind, _ in handlers) == COMMANDS
    assert set(COMMANDS.values()) == {1}


def test_every_command_that_somebody_sends_has_exactly_one_answer() -> None:
    nouns = (announcement, booking, rating, person)
    answered = Counter(kind for noun in nouns for kind in noun.ANSWERS)
    assert answered == Counter(set(COMMANDS) - OF_THE_LEADER)
    assert ANSWERS.keys() == answered.keys()


def test_every_event_is_of_exactly_one_family_and_that_has_an_evolution() -> None:
    for kind in get_args(DomainEvent):
        families = [family for family in EVOLUTIONS if issubclass(kind, family)]
        assert len(families) == 1, kind
    for family in EVOLUTIONS:
        assert any(issubclass(kind, family) for kind in get_args(DomainEvent)), family
