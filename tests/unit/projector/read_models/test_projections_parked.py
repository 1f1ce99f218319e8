"""A fact that cannot be projected is parked with its key; everything else goes on."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from msgspec import Raw

from contracts.journal.places import EventPlace
from contracts.journal.records import CommandInfo, Commit, Outcome
from contracts.values.ids import AnnouncementId
from projector.read_models.batch import Projected, RowBatch
from projector.read_models.intake import DECISION, STOPPED, Intake
from projector.read_models.memory import MemorySink
from projector.read_models.projector import ReadModels

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
A: Final = AnnouncementId(str(UUID(int=1)))
B: Final = AnnouncementId(str(UUID(int=2)))
UNKNOWN: Final = {"type": "announcement.teleported.v1", "announcement_id": A}


def published(announcement_id: str) -> dict[str, Any]:
    return {"type": "announcement.published.v1", "announcement_id": announcement_id, "version": 1}


def commit(seq: int, *events: object) -> Commit:
    return Commit(
        term=1,
        seq=seq,
        prev_hash="",
        decided_at=NOON,
        command=CommandInfo("c", "told", "system", "k", "f"),
        outcome=Outcome("recorded"),
        events=tuple(Raw(msgspec.json.encode(event)) for event in events),
    )


def of_events(projected: list[Projected]) -> list[Projected]:
    return [one for one in projected if one.key != DECISION]


def test_an_unknown_event_is_parked_with_its_place_and_reason() -> None:
    (parked,) = of_events(Intake().take([commit(7, UNKNOWN)]))
    letter = parked.letter
    assert letter is not None
    assert parked.puts == []
    assert (letter.seq, letter.event_index, letter.type) == (7, 0, "announcement.teleported.v1")
    assert letter.key == A
    assert msgspec.json.decode(letter.payload) == UNKNOWN
    assert "teleported" in letter.reason


def test_later_events_of_the_key_are_parked_too_and_others_flow() -> None:
    taken = of_events(Intake().take([commit(1, UNKNOWN), commit(2, published(A), published(B))]))
    assert [one.letter is None for one in taken] == [False, False, True]
    assert taken[1].letter is not None
    assert taken[1].letter.reason == STOPPED


def test_earlier_events_of_the_key_stand() -> None:
    taken = of_events(Intake().take([commit(1, published(A)), commit(2, UNKNOWN)]))
    assert [one.letter is None for one in taken] == [True, False]


def test_a_key_stops_for_good_only_when_its_letter_is_stored() -> None:
    intake = Intake()
    letters = RowBatch(intake.take([commit(1, UNKNOWN)])).letters
    assert RowBatch(intake.take([commit(2, published(A))])).letters == []
    intake.stop(letters)
    assert len(RowBatch(intake.take([commit(2, published(A))])).letters) == 1


async def test_a_key_that_stops_in_a_batch_is_known_to_the_batch_prepared_meanwhile() -> None:
    read_models = ReadModels(MemorySink(), lambda _batch: None)
    first = await read_models.prepare([commit(1, UNKNOWN)], None)
    second = await read_models.prepare([commit(2, published(A), published(B))], first)
    assert [(one.key, one.reason) for one in second.letters] == [(A, STOPPED)]


def test_keys_stopped_earlier_stay_stopped() -> None:
    assert len(RowBatch(Intake([A]).take([commit(2, published(A))])).letters) == 1


def test_what_the_tables_refused_is_parked_with_their_reason() -> None:
    taken = of_events(Intake().take([commit(1, published(A), published(B))], {A: "too large"}))
    assert [one.letter and one.letter.reason for one in taken] == ["too large", None]


def test_an_impossible_pair_is_parked() -> None:
    event = {
        "type": "booking.withdrawn.v1",
        "booking_id": str(UUID(int=3)),
        "announcement_id": A,
        "guest_id": str(UUID(int=4)),
        "author_status": None,
        "guest_status": None,
        "taken": 0,
    }
    (parked,) = of_events(Intake().take([commit(1, event)]))
    assert parked.letter is not None
    assert parked.letter.key == A


@pytest.mark.parametrize(
    "event", [{}, [], "x", None, {"type": 7}, {"type": "?", "announcement_id": "\0"}]
)
def test_what_names_no_key_is_parked_alone(event: object) -> None:
    intake = Intake()
    letters = RowBatch(intake.take([commit(1, event)])).letters
    assert [letter.key for letter in letters] == [None]
    intake.stop(letters)
    assert RowBatch(intake.take([commit(2, published(A))])).letters == []


def test_a_letter_holds_only_what_a_database_can_store() -> None:
    event = {"type": "\0type", "announcement_id": A}
    (letter,) = RowBatch(Intake().take([commit(1, event)])).letters
    assert not any("\0" in text for text in (letter.type, letter.payload, letter.reason))


def test_a_refused_decision_stops_no_key() -> None:
    batch = RowBatch(Intake().take([commit(1, published(A))], {DECISION: "no"}))
    assert [(letter.event_index, letter.key) for letter in batch.letters] == [(-1, None)]
    assert batch.parts[0].patches["decisions"] == {}
    assert set(batch.parts[0].patches["announcements"]) == {A}


def test_a_dropped_event_changes_nothing() -> None:
    erased = {"type": "person.erased.v1", "person_id": A}
    (dropped,) = of_events(Intake(dropped=[EventPlace(1, 0)]).take([commit(1, erased)]))
    assert (dropped.puts, dropped.letter, dropped.erased) == ([], None, None)
