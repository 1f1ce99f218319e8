"""R1 to R3: many writers, one history.

The property tests play honest writers against each other. Each reads the journal as far as
it happens to have come, claims on what it has accepted, and leads once it has read its own
Claim. Entries land late, between those of others, or never.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.journal.acceptance import GENESIS, JournalBroken, ReaderState, accept
from contracts.journal.records import Barrier, Claim, Record, Resign, encode_record, hash_record

AT = datetime(2026, 1, 1, tzinfo=UTC)
WRITERS = 3

thorough = settings(max_examples=300)


class Written(NamedTuple):
    """An entry of the journal and who wrote it."""

    writer: int
    record: Record


def hash_of(record: Record) -> str:
    return hash_record(encode_record(record))


def step(state: ReaderState, record: Record) -> ReaderState | None:
    return accept(state, record, hash_of(record))


def fold(journal: Sequence[Written], state: ReaderState = GENESIS) -> list[Written]:
    """The entries that count. Raises JournalBroken."""
    accepted = []
    for written in journal:
        if (after := step(state, written.record)) is not None:
            accepted.append(written)
            state = after
    return accepted


class HonestWriter:
    def __init__(self, number: int, journal: list[Written]) -> None:
        self._number = number
        self._journal = journal
        self._read_to = 0
        self._accepted = GENESIS
        self._tentative: ReaderState | None = None
        """The state after what was sent, while this writer leads."""
        self._nonces: set[str] = set()
        self._sent: deque[Record] = deque()

    def act(self, action: str, nonce: str) -> None:
        match action:
            case "read":
                self._read()
            case "claim":
                self._claim(nonce)
            case "write":
                self._send(lambda state: Barrier(state.term, state.seq + 1, state.hash, AT))
            case "resign":
                self._send(lambda state: Resign(state.term, state.seq + 1, state.hash))
            case "land" if self._sent:
                self._journal.append(Written(self._number, self._sent.popleft()))
            case "lose" if self._sent:  # What was sent after it may land all the same.
                self._sent.popleft()

    def _read(self) -> None:
        """Take the next entry, if there is one, for what it is."""
        if self._read_to == len(self._journal):
            return
        record = self._journal[self._read_to].record
        self._read_to += 1
        if (after := step(self._accepted, record)) is None:
            return
        self._accepted = after
        if isinstance(record, Claim):
            self._tentative = after if record.nonce in self._nonces else None

    def _claim(self, nonce: str) -> None:
        state = self._accepted
        self._nonces.add(nonce)
        self._sent.append(Claim(state.term + 1, state.seq + 1, state.hash, nonce, ""))

    def _send(self, make: Callable[[ReaderState], Record]) -> None:
        if self._tentative is not None and self._tentative.open:
            record = make(self._tentative)
            self._sent.append(record)
            self._tentative = step(self._tentative, record)


ACTIONS = ("read",) * 8 + ("write",) * 6 + ("land",) * 6 + ("claim", "resign", "lose")


@st.composite
def journals(draw: st.DrawFn) -> list[Written]:
    """What honest writers leave behind, whatever the timing and the losses. The moves come
    from a seed: drawn one by one, most would lead to nothing. A failure shrinks to the
    shortest run of its seed."""
    random = Random(draw(st.integers(0, 2**32)))
    journal: list[Written] = []
    writers = [HonestWriter(number, journal) for number in range(WRITERS)]
    for move in range(draw(st.integers(1, 300))):
        writer, action = random.choice(writers), random.choice(ACTIONS)
        for _ in range(random.randint(1, 4) if action in ("read", "land") else 1):
            writer.act(action, nonce=f"{move}")
    return journal


# Properties


@thorough
@given(journals())
def test_honest_writers_never_look_like_a_broken_journal(journal: list[Written]) -> None:
    fold(journal)


@thorough
@given(journals())
def test_what_is_accepted_is_one_chain_without_gaps(journal: list[Written]) -> None:
    accepted = [written.record for written in fold(journal)]
    assert [record.seq for record in accepted] == list(range(1, len(accepted) + 1))
    assert [record.prev_hash for record in accepted] == [
        GENESIS.hash,
        *(hash_of(record) for record in accepted[:-1]),
    ][: len(accepted)]


@thorough
@given(journals())
def test_a_reign_is_opened_by_one_claim_and_only_its_claimant_writes_in_it(
    journal: list[Written],
) -> None:
    accepted = fold(journal)
    claims = [written for written in accepted if isinstance(written.record, Claim)]
    assert [claim.record.term for claim in claims] == list(range(1, len(claims) + 1))
    leader_of = {claim.record.term: claim.writer for claim in claims}
    assert all(leader_of[written.record.term] == written.writer for written in accepted)


@thorough
@given(journals())
def test_after_a_resignation_only_a_claim_is_accepted(journal: list[Written]) -> None:
    for before, after in pairwise(written.record for written in fold(journal)):
        assert isinstance(after, Claim) or not isinstance(before, Resign)


@thorough
@given(journals(), st.data())
def test_a_longer_journal_never_changes_what_was_accepted(
    journal: list[Written], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(journal)))
    early, late = fold(journal[:cut]), fold(journal)
    assert late[: len(early)] == early


@thorough
@given(journals(), st.data())
def test_what_does_not_count_makes_no_difference(
    journal: list[Written], data: st.DataObject
) -> None:
    """Nor does an accepted record that lands a second time."""
    accepted = fold(journal)
    doubled = list(accepted)
    for index in sorted(data.draw(st.sets(st.integers(0, max(0, len(accepted) - 1)), max_size=3))):
        if accepted:
            doubled.append(accepted[index])
    assert fold(accepted) == fold(doubled) == accepted


@thorough
@given(journals(), st.data())
def test_an_edited_record_stops_every_reader_at_the_next_one(
    journal: list[Written], data: st.DataObject
) -> None:
    accepted = fold(journal)
    editable = [n for n, w in enumerate(accepted[:-1]) if isinstance(w.record, Claim | Barrier)]
    if not editable:
        return
    index = data.draw(st.sampled_from(editable))
    record = accepted[index].record
    edited = (
        replace(record, leader_url="http://mallory")
        if isinstance(record, Claim)
        else replace(record, decided_at=AT.replace(year=2027))
    )
    journal = [Written(w.writer, edited) if w is accepted[index] else w for w in journal]
    with pytest.raises(JournalBroken):
        fold(journal)


@thorough
@given(journals(), st.data())
def test_a_lost_record_stops_every_reader_at_the_next_claim_at_the_latest(
    journal: list[Written], data: st.DataObject
) -> None:
    """A lost Claim does at the next record of its reign."""
    accepted = fold(journal)
    claims = [n for n, written in enumerate(accepted) if isinstance(written.record, Claim)]
    missed = [n for n in range(len(accepted) - 1) if n in claims or n < claims[-1]]
    if missed:
        lost = data.draw(st.sampled_from(missed))
        with pytest.raises(JournalBroken):
            fold(accepted[:lost] + accepted[lost + 1 :])


def test_the_journals_of_these_tests_are_eventful() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200, derandomize=True)
    @given(journals())
    def look(journal: list[Written]) -> None:
        accepted = fold(journal)
        seen["ignored"] += len(accepted) < len(journal)
        seen["led"] += any(isinstance(w.record, Barrier) for w in accepted)
        seen["followed"] += len({w.writer for w in accepted}) > 1
        seen["resigned"] += any(isinstance(w.record, Resign) for w in accepted)

    look()
    assert all(seen[what] >= 20 for what in ("ignored", "led", "followed", "resigned")), seen


# The rules, one by one

CLAIM = Claim(1, 1, GENESIS.hash, "nonce", "http://a")
LED = ReaderState(1, 1, hash_of(CLAIM), "nonce", open=True)
RESIGN = Resign(1, 2, LED.hash)
RESIGNED = ReaderState(1, 2, hash_of(RESIGN), "nonce", open=False)
OTHER = "f" * 64


def test_r1_a_fitting_claim_opens_a_term() -> None:
    assert step(GENESIS, CLAIM) == LED


def test_r1_a_claim_also_fits_on_a_living_reign() -> None:
    claim = Claim(2, 2, LED.hash, "other", "http://b")
    assert step(LED, claim) == ReaderState(2, 2, hash_of(claim), "other", open=True)


def test_r1_a_fitting_record_becomes_the_last() -> None:
    barrier = Barrier(1, 2, LED.hash, AT)
    assert step(LED, barrier) == replace(LED, seq=2, hash=hash_of(barrier))


def test_r1_a_resignation_closes_the_term() -> None:
    assert step(LED, RESIGN) == RESIGNED


@pytest.mark.parametrize(
    ("state", "record"),
    [
        pytest.param(LED, CLAIM, id="the same claim again"),
        pytest.param(LED, Claim(1, 2, LED.hash, "late", ""), id="a claim for the present term"),
        pytest.param(LED, Claim(2, 1, GENESIS.hash, "late", ""), id="a claim on an older state"),
        pytest.param(LED, Barrier(1, 3, OTHER, AT), id="a record behind a gap"),
        pytest.param(LED, Barrier(1, 1, GENESIS.hash, AT), id="a record from before"),
        pytest.param(LED, Barrier(0, 2, LED.hash, AT), id="a record of an older term"),
        pytest.param(RESIGNED, Barrier(1, 3, RESIGNED.hash, AT), id="after a resignation"),
        pytest.param(RESIGNED, Barrier(1, 3, OTHER, AT), id="after one, on something else"),
        pytest.param(GENESIS, Barrier(0, 1, GENESIS.hash, AT), id="before the first claim"),
    ],
)
def test_r2_a_record_that_does_not_fit_is_ignored(state: ReaderState, record: Record) -> None:
    assert step(state, record) is None


@pytest.mark.parametrize(
    ("state", "record"),
    [
        pytest.param(LED, Claim(3, 2, LED.hash, "n", ""), id="a claim two terms on"),
        pytest.param(LED, Claim(2, 3, OTHER, "n", ""), id="a claim that has read more"),
        pytest.param(LED, Barrier(2, 2, LED.hash, AT), id="a record of a later term"),
        pytest.param(LED, Resign(2, 9, OTHER), id="whatever its seq"),
        pytest.param(LED, Barrier(1, 2, OTHER, AT), id="a record on another history"),
        pytest.param(LED, Claim(2, 2, OTHER, "n", ""), id="a claim on another history"),
        pytest.param(RESIGNED, Claim(2, 3, OTHER, "n", ""), id="the same after a resignation"),
    ],
)
def test_r3_a_record_that_proves_a_loss_stops_the_reader(
    state: ReaderState, record: Record
) -> None:
    with pytest.raises(JournalBroken):
        step(state, record)
