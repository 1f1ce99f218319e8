"""What the image holds of erased people, however it came to know of them."""

import msgspec
import pytest

from command_api.domain.layer import COLLECTIONS
from command_api.image.image import Image
from contracts.events.person import PersonErased
from contracts.events.stored.codec import decode_events
from contracts.events.stored.erasing import erase_stored_words
from contracts.journal.records import Commit
from contracts.values.ids import PersonId
from tests.histories.random_people import RandomPeople
from tests.simulation.invariants import check_every_prefix, fold


@pytest.fixture(scope="module", params=range(4))
def commits(request: pytest.FixtureRequest) -> list[Commit]:
    return RandomPeople(request.param, erasures=True).live(400).chain.commits


def erased_before(commits: list[Commit]) -> dict[PersonId, int]:
    """Return everybody who was erased, with the position of the last time."""
    return {
        event.person_id: commit.seq
        for commit in commits
        for event in decode_events(commit.events)
        if isinstance(event, PersonErased)
    }


def renew(commits: list[Commit]) -> list[Commit]:
    """Return the commits without the words that people typed before they were erased."""
    gone = erased_before(commits)
    return [
        msgspec.structs.replace(
            commit,
            events=tuple(
                erase_stored_words(
                    stored,
                    PersonId(commit.command.actor),
                    {one for one, seq in gone.items() if commit.seq < seq},
                )
                for stored in commit.events
            ),
        )
        for commit in commits
    ]


def values_of(image: Image) -> dict[str, object]:
    return {name: getattr(image.accepted, name).own for name in COLLECTIONS}


def test_people_are_erased_and_come_back(commits: list[Commit]) -> None:
    """So that the tests below are about something."""
    gone = erased_before(commits)
    people = fold(commits).accepted.people.own
    assert len(gone) > 2
    assert any(not people[one].erased for one in gone)


def test_no_seat_and_no_calendar_is_wrong_at_any_position(commits: list[Commit]) -> None:
    check_every_prefix(commits)


def test_the_image_is_the_same_as_of_a_journal_without_their_words(commits: list[Commit]) -> None:
    assert values_of(fold(commits)) == values_of(fold(renew(commits)))
