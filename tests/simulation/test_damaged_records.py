"""Damaged records at every reader: each is refused in a declared way, or clearly taken.

A leader or follower, projector and notifier may stop with JournalBroken where the frame is
damaged; where it is whole, projector, notifier and history park or take what is inside, and
go on. Nothing else may ever be raised. `MUTANTS` and `MUTANT_SEED` change and repeat a run.
"""

import os
from collections import Counter
from random import Random
from typing import Final

from command_api.image.image import Image
from contracts.events.stored.words_apart import take_words_apart
from contracts.journal.acceptance import JournalBroken, ReaderState, accept
from contracts.journal.records import Barrier, Commit, UnreadableRecord, decode_record, hash_record
from contracts.values.ids import PersonId
from contracts.values.times import to_ms
from notifier.planning.fold import Gaps, decode_commit, find_needed_state, fold
from notifier.planning.notice_plan import NoticePlan
from notifier.state import NotifierState
from projector.history.block import block_of
from projector.proof.rules import RuleProof
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from query_api.history.as_of import fold_events
from query_api.history.events import PastEvent, Withheld, decode_events
from tests.histories.damaged import damage, live_histories, rechain

MUTANTS: Final = int(os.environ.get("MUTANTS", "10000"))
SEED: Final = int(os.environ.get("MUTANT_SEED") or 1)
STORY_EVENTS: Final = 5
OF_ONE_HISTORY: Final = 500
"""The accepted ones stay in it, as they would in a journal."""


class Readers:
    """All that fold a journal, over one history."""

    def __init__(self) -> None:
        self.state = ReaderState()
        self._image = Image()
        self._intake = Intake()
        self._tables = MemoryTables()
        self._rules = RuleProof()
        self._notifier_state = NotifierState()
        self._parked: set[str] = set()
        self._story: list[PastEvent] = []

    def take(self, payload: bytes) -> str:
        """What became of it."""
        try:
            record = decode_record(payload)
            state = accept(self.state, record, hash_record(payload))
        except (UnreadableRecord, JournalBroken):
            return "stops every reader"
        if state is None:
            return "ignored"
        self.state = state
        if isinstance(record, Barrier):
            self._image.advance(record)
        if not isinstance(record, Commit):
            return "accepted"
        self._project(record)
        self._notify(record)
        self._tell(record)
        len(block_of([record]))
        try:
            self._image.fold(record)
        except JournalBroken:
            return "stops command processes"
        return "accepted"

    def _project(self, commit: Commit) -> None:
        projected = self._intake.take([commit])
        self._intake.stop(one.letter for one in projected if one.letter is not None)
        events = [one.event for one in projected if one.event is not None]
        self._rules.record(commit.seq, events)
        for one in projected:
            for put in one.puts:
                self._tables.put(put)
        for _ in self._tables.score():
            pass

    def _notify(self, commit: Commit) -> None:
        commits = [decode_commit(commit)]
        find_needed_state(commits)
        plan = NoticePlan()
        letters = fold(commits, self._notifier_state, plan, told_seq=0, gaps=Gaps(self._parked))
        self._parked.update(one.key for one in letters if one.key is not None)

    def _tell(self, commit: Commit) -> None:
        """As the read side folds the history of an evening."""
        rows = [
            {
                "seq": commit.seq,
                "event_index": index,
                "at_ms": to_ms(commit.decided_at),
                "type": "",
                "actor": commit.command.actor,
                "payload": apart.event,
                "words": apart.words,
            }
            for index, stored in enumerate(commit.events)
            for apart in [take_words_apart(stored, PersonId(commit.command.actor))]
        ]
        self._story = [*self._story[-STORY_EVENTS:], *decode_events(rows, Withheld())]
        fold_events(self._story)


def test_a_damaged_record_is_refused_as_declared_or_taken() -> None:
    random = Random(SEED)
    became: Counter[str] = Counter()
    for people in live_histories(SEED):
        readers = Readers()
        whole = people.chain.payloads
        for payload in whole:
            assert readers.take(payload) == "accepted"
        for payload in random.choices(whole, k=min(OF_ONE_HISTORY, MUTANTS - became.total())):
            mutant = damage(payload, random)
            if random.random() < 0.9:
                mutant = rechain(mutant, readers.state.seq + 1, readers.state.hash)
            try:
                became[readers.take(mutant)] += 1
            except Exception as error:
                error.add_note(f"MUTANT_SEED={SEED}, mutant {became.total()}: {mutant[:2_000]!r}")
                raise
        if became.total() >= MUTANTS:
            break
    assert set(became) >= {"accepted", "stops every reader", "stops command processes"}
    print(f"{dict(became)}, MUTANT_SEED={SEED}")
