"""A proof whose states leave memory finds what one with all of them in memory finds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.events.stored.codec import decode_events
from contracts.journal.records import Commit
from contracts.values.ids import AnnouncementId, PersonId
from projector.proof.announcement_state import AnnouncementState
from projector.proof.rules import RuleProof
from projector.proof.scratch.file import Scratch
from projector.proof.scratch.kept_states import KeptStates
from tests.histories.random_people import RandomPeople


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    scratch = Scratch(tmp_path / "scratch.sqlite")
    yield scratch
    scratch.connection.close()


def spoil(commits: list[Commit]) -> Iterator[Commit]:
    """Leave every seventh Commit out, which breaks rules."""
    return (commit for index, commit in enumerate(commits) if index % 7 != 6)


def record(proof: RuleProof, commit: Commit) -> None:
    proof.record(commit.seq, decode_events(commit.events))


def find(proof: RuleProof) -> list[object]:
    of_all = (proof.over_capacity, proof.double_confirmed, proof.contradictions)
    return [one.examples for one in of_all]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("states_max", [0, 1, 3])
def test_the_same_rules_are_broken(scratch: Scratch, seed: int, states_max: int) -> None:
    states, in_memory = KeptStates(scratch, states_max), RuleProof()
    kept = RuleProof(states.find)
    for commit in spoil(RandomPeople(seed, people=4).live(200).chain.commits):
        record(in_memory, commit)
        record(kept, commit)
        if states.must_write:
            states.write()
    assert find(kept) == find(in_memory)
    assert in_memory.contradictions.total > 0


@pytest.mark.parametrize("cut", [1, 50, 150])
def test_another_proof_goes_on_from_what_was_written(scratch: Scratch, cut: int) -> None:
    commits = RandomPeople(2, people=4).live(200).chain.commits
    states, in_memory = KeptStates(scratch), RuleProof()
    first = RuleProof(states.find, states.read_calendars())
    for commit in commits[:cut]:
        record(first, commit)
        record(in_memory, commit)
    states.write_all(first.calendars, "the ledger")
    states = KeptStates(scratch)
    assert states.read_ledger() == "the ledger"
    second = RuleProof(states.find, states.read_calendars())
    assert second.calendars == first.calendars
    for commit in spoil(commits[cut:]):
        record(second, commit)
        record(in_memory, commit)
    assert find(second) == find(in_memory)


def test_what_is_not_used_leaves_memory_and_is_found_again(scratch: Scratch) -> None:
    states = KeptStates(scratch, states_max=2)
    changed = states.find(AnnouncementId("a"))
    changed.guests.add(PersonId("ann"))
    states.write()
    assert states.find(AnnouncementId("a")) is changed
    states.write()
    states.write()
    again = states.find(AnnouncementId("a"))
    assert again is not changed
    assert again == changed
    assert states.find(AnnouncementId("b")) == AnnouncementState()
