"""Follows the journal and plans notices.

For a batch of Commits it loads the state that they need, folds them into the next state and a
plan of notices, and saves both with the position in one transaction. After a crash anywhere,
reading goes on from the stored position, and every notice is planned once.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from contracts.journal.records import Commit
from notifier import metrics
from notifier.planning.fold import (
    DecodedCommit,
    Gaps,
    ParkedEvent,
    decode_commit,
    find_needed_state,
    fold,
    park_all,
)
from notifier.store.outbox import NoticeOutbox, OutboxTransaction
from runtime.calls.store_retry import StoreRetry
from runtime.following.reader import BatchLimits, JournalReader, Step
from runtime.journal.port import Journal
from runtime.journal.tail import Accepted, Position
from runtime.postgres.tables import TablesUnavailable

log = logging.getLogger(__name__)

NOTICE_LIMITS: Final = BatchLimits(events_max=1_000, pause_s=0.1)
"""A batch costs some twenty statements, however small it is. Nobody waits for a notice that long
before they see it, and what comes after a quiet time is planned at once."""


class CommitBatch(NamedTuple):
    """Commits to fold, or to park."""

    commits: Sequence[DecodedCommit]
    refusal: str | None = None
    """Why the tables refused what follows from the Commits. All their events are then parked."""


class NoticeStore:
    """Outbox and state of the notifier as `runtime.following.reader.ReaderStore`."""

    def __init__(
        self,
        outbox: NoticeOutbox,
        on_notices: Callable[[], None],
        on_taken_over: Callable[[datetime], None],
    ) -> None:
        self._outbox = outbox
        self._on_notices = on_notices
        self._on_taken_over = on_taken_over

    async def load(self) -> Position:
        return await self._outbox.position()

    async def position(self) -> Position:
        return await self._outbox.position()

    async def prepare(
        self, commits: Sequence[Commit], _after: CommitBatch | None, /
    ) -> CommitBatch:
        return CommitBatch([decode_commit(commit) for commit in commits])

    def prepare_without_refused(
        self, commits: Sequence[Commit], reason: str
    ) -> Iterator[CommitBatch]:
        yield CommitBatch([decode_commit(commit) for commit in commits], reason)

    async def write(self, batch: CommitBatch, step: Step) -> None:
        async with self._outbox.transaction(step) as transaction:
            gaps = await transaction.load_gaps(batch.commits)
            if batch.refusal is None:
                parked = await _plan(batch.commits, transaction, gaps)
            else:
                told_seq = transaction.told_seq
                parked = park_all(batch.commits, batch.refusal, told_seq=told_seq, gaps=gaps)
                await transaction.save_parked(parked)
        if step.decided_at is not None:
            self._on_taken_over(step.decided_at)
        for one in parked:
            log.error("event parked", extra={"position": one.seq, "reason": one.reason})
        metrics.DEAD_LETTERS.inc(len(parked))

    def note_written(self, batch: CommitBatch) -> None:
        if batch.commits:
            self._on_notices()


class NoticeReader(JournalReader[CommitBatch]):
    """One reader of the journal, and the only writer of the notifier's state. Runs once."""

    def __init__(
        self,
        journal: Journal,
        outbox: NoticeOutbox,
        *,
        limits: BatchLimits = NOTICE_LIMITS,
        on_notices: Callable[[], None] = lambda: None,
        on_taken_over: Callable[[datetime], None] = lambda _decided_at: None,
        on_read: Callable[[Accepted], None] = lambda _newest: None,
    ) -> None:
        """`on_notices` is called when there may be new notices, `on_taken_over` with the log time
        up to which the tables follow the journal; `on_read` as in JournalReader."""
        super().__init__(
            journal,
            NoticeStore(outbox, on_notices, on_taken_over),
            limits,
            StoreRetry("outbox", TablesUnavailable),
            on_read,
        )


async def _plan(
    commits: Sequence[DecodedCommit], transaction: OutboxTransaction, gaps: Gaps
) -> list[ParkedEvent]:
    """Fold the Commits and save what follows from them. Returns the parked events."""
    needed = find_needed_state(commits)
    state = await transaction.load_state(needed)
    plan = await transaction.load_plan(needed)
    parked = fold(commits, state, plan, told_seq=transaction.told_seq, gaps=gaps)
    await transaction.save_parked(parked)  # An erasure that the plan has takes from these, too.
    await transaction.save_state(state)
    await transaction.save_plan(plan)
    return parked
