"""Erasures: what a person wrote goes from every row, in the order of the journal."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.booking import BookingLeft, BookingRejected, BookingRequested
from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonSeen,
    PersonSuspended,
)
from contracts.events.stored.codec import decode_events
from contracts.events.stored.erasing import erase_words
from contracts.journal.records import Commit
from contracts.values.ids import OPERATOR, AnnouncementId, BookingId, PersonId
from contracts.values.personal import ERASED_NAME, ERASED_TEXT
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from projector.read_models.project import TABLES, project
from projector.read_models.projections.bookings import BOOKINGS
from projector.read_models.projections.erasures import ERASURES
from projector.read_models.projections.people import PEOPLE
from projector.read_models.projections.suspensions import SUSPENSIONS
from projector.read_models.read_model import EventContext, TableShape
from tests.histories.chain import BEGIN, Chain
from tests.histories.erasures import add_erasures, copy_commit
from tests.histories.random_people import RandomPeople, cut_randomly

ANNA: Final = PersonId("1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001")
BORIS: Final = PersonId("1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c002")
TEXTS: Final = ("text", "jsonb")
SEEDS: Final = st.integers(0, 2**32)


def fold(*parts: Iterable[Commit]) -> MemoryTables:
    intake, tables = Intake(), MemoryTables()
    for part in parts:
        tables.apply(RowBatch(intake.take(part)))
    return tables


def fold_one_by_one(commits: Sequence[Commit]) -> MemoryTables:
    return fold(*([one] for one in commits))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_text_of_a_table_says_whose_it_is(table: TableShape) -> None:
    texts = {name for name, kind in table.types.items() if kind in TEXTS}
    erased = [name for words in table.words for name in words.erased]
    stated = [name for name in (*erased, *table.kept) if name in texts]
    assert sorted(stated) == sorted(texts - {table.key}), "state it in `words` or in `kept`"
    assert all(table.types[owner] == "uuid" for owner in table.owners)


# The order of the journal


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_batches_of_any_size_come_to_the_same_as_one_by_one(seed: int) -> None:
    commits = add_erasures(RandomPeople(seed).live(80).chain, seed).commits
    one_by_one = fold_one_by_one(commits)
    assert fold(commits).rows == one_by_one.rows
    assert fold(*cut_randomly(commits, Random(seed))).rows == one_by_one.rows


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_rows_are_those_of_a_journal_without_the_erased_texts(seed: int) -> None:
    """A renewed journal leads to the same tables."""
    commits = add_erasures(RandomPeople(seed).live(80).chain, seed).commits
    assert fold(renew(commits).commits).rows == fold(commits).rows


def renew(commits: Sequence[Commit]) -> Chain:
    """Return the history without what erased people wrote before their erasure."""
    erased: dict[str, int] = {}
    for commit in commits:
        for event in decode_events(commit.events):
            if isinstance(event, PersonErased):
                erased[event.person_id] = commit.seq
    renewed = Chain()
    for commit in commits:
        gone = {PersonId(person) for person, seq in erased.items() if commit.seq < seq}
        copied = copy_commit(Chain(), commit)
        events = [
            erase_words(event, PersonId(commit.command.actor), gone)
            for event in decode_events(copied.events)
        ]
        renewed.commit(
            *events,
            at=commit.decided_at,
            outcome=commit.outcome,
            actor=commit.command.actor,
            kind=commit.command.kind,
        )
    return renewed


def test_erasures_of_many_people_at_once_are_one_part() -> None:
    chain = Chain()
    for number in range(100):
        person_id = PersonId(f"1f0e8a1c-52a5-4b0e-a0ad-b7f6df{number:06d}")
        chain.commit(PersonSeen(person_id=person_id, name="Somebody"))
        chain.commit(PersonErased(person_id=person_id))
    assert len(RowBatch(Intake().take(chain.commits)).parts) == 1


def test_who_comes_back_in_the_same_batch_is_shown_again() -> None:
    chain = Chain()
    chain.commit(PersonSeen(person_id=ANNA, name="Anna", language="en"))
    chain.commit(PersonErased(person_id=ANNA))
    assert fold(chain.commits).row(PEOPLE, ANNA)["name"] == ERASED_NAME
    chain.commit(PersonSeen(person_id=ANNA, name="Anna again"))
    assert fold(chain.commits).row(PEOPLE, ANNA)["name"] == "Anna again"
    chain.commit(PersonErased(person_id=ANNA))
    assert fold(chain.commits).row(PEOPLE, ANNA) == {
        "person_id": ANNA,
        "name": ERASED_NAME,
        "language": "ru",
        "tz": "Europe/Moscow",
    }


# Whose a text is


def booking_after(*acts: tuple[str, Any]) -> dict[str, Any]:
    """Return the row of Anna's booking with Boris after events of these actors, and her
    erasure."""
    tables = MemoryTables()
    for seq, (actor, event) in enumerate(acts, 1):
        for put in project(event, EventContext(BEGIN, seq, actor)):
            tables.put(put)
    tables.erase([ANNA])
    return tables.row(BOOKINGS, "b")


IDS: Final[dict[str, Any]] = {
    "booking_id": BookingId("b"),
    "announcement_id": AnnouncementId("a"),
    "guest_id": ANNA,
    "taken": 0,
}
REQUESTED: Final = BookingRequested(
    **IDS, author_status=None, guest_status=True, author_id=BORIS, message="may I come?"
)
LEFT: Final = BookingLeft(**IDS, author_status=True, guest_status=False, reason="I am ill")
REJECTED: Final = BookingRejected(
    **IDS, author_status=False, guest_status=True, reason="too late", message="next time"
)


def test_words_of_the_erased_guest_go() -> None:
    row = booking_after((ANNA, REQUESTED))
    assert (row["message"], row["words_by"]) == (None, None)
    row = booking_after((ANNA, REQUESTED), (ANNA, LEFT))
    assert (row["reason"], row["reason_by"]) == (None, None)


def test_words_that_others_wrote_to_the_erased_stay() -> None:
    row = booking_after((ANNA, REQUESTED), (BORIS, REJECTED))
    assert (row["reason"], row["message"]) == ("too late", "next time")


def test_an_operators_reason_about_the_person_goes_and_the_signature_stays() -> None:
    chain = Chain()
    suspended = PersonSuspended(person_id=ANNA, reason="Anna shouts", by="Olga")
    chain.commit(suspended, actor=OPERATOR)
    chain.commit(PersonErased(person_id=ANNA))
    row = fold(chain.commits).row(SUSPENSIONS, ANNA)
    assert (row["suspended"], row["reason"], row["signed_by"]) == (True, ERASED_TEXT, "Olga")


def test_mutes_by_and_of_the_erased_go() -> None:
    chain = Chain()
    chain.commit(PersonMuted(person_id=ANNA, host_id=BORIS), actor=ANNA)
    chain.commit(PersonMuted(person_id=BORIS, host_id=ANNA), actor=BORIS)
    chain.commit(PersonErased(person_id=ANNA))
    assert fold(chain.commits).rows["mutes"] == {}
    chain.commit(PersonMuted(person_id=BORIS, host_id=ANNA), actor=BORIS)
    assert list(fold(chain.commits).rows["mutes"]) == [f"{BORIS}:{ANNA}"]


# The erasure itself


def test_a_request_can_be_confirmed_and_taken_back() -> None:
    chain, due = Chain(), BEGIN + timedelta(days=7)
    chain.commit(PersonErasureRequested(person_id=ANNA, erase_at=due), actor=ANNA)
    row = fold(chain.commits).row(ERASURES, ANNA)
    assert (row["erase_at"], row["confirmed"], row["erased_seq"]) == (due, False, None)
    chain.commit(PersonErasureConfirmed(person_id=ANNA), actor=ANNA)
    assert fold(chain.commits).row(ERASURES, ANNA)["confirmed"]
    chain.commit(PersonErasureWithdrawn(person_id=ANNA), actor=ANNA)
    row = fold(chain.commits).row(ERASURES, ANNA)
    assert (row["erase_at"], row["confirmed"]) == (None, False)


def test_the_last_erasure_counts() -> None:
    chain = Chain()
    chain.commit(PersonErased(person_id=ANNA))
    second = chain.commit(PersonErased(person_id=ANNA))
    row = fold(chain.commits).row(ERASURES, ANNA)
    assert (row["erased_seq"], row["erased_at"]) == (second.seq, second.decided_at)


def test_a_person_whose_key_has_stopped_is_erased_all_the_same() -> None:
    chain = Chain()
    chain.commit(PersonErased(person_id=ANNA))
    (_, projected) = Intake(stopped=[ANNA]).take(chain.commits)
    assert projected.letter is None
    assert projected.erased == ANNA
