"""Runs the one loop from the journal to a store.

It reads accepted records, gathers them into batches, and has every batch written once and in
order. While one batch is written, the next one is read and prepared. A store keeps the position
beside its rows, so nothing is held that could be lost: after a crash anywhere, also of the store,
reading goes on from the stored position.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Generic, NamedTuple, NoReturn, Protocol, TypeVar

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import Barrier, Commit
from runtime.calls.store_retry import StoreRetry
from runtime.following.write_spans import begin_write
from runtime.journal.port import Journal
from runtime.journal.tail import START, Accepted, Position, Tail
from runtime.logs.lines import LINES
from runtime.postgres.tables import Fenced, RowsRefused
from runtime.process.tasks import end, start_for
from runtime.traces.spans import ending

log = logging.getLogger(__name__)

B = TypeVar("B")
"""A batch: what a store makes of Commits before it writes."""


class BatchLimits(NamedTuple):
    """When a batch ends, and when it is written."""

    events_max: int
    """A batch ends with the record that brings it to this many events. A record without events
    counts as one."""
    pause_s: float = 0.0
    """Least time between the beginnings of two writes. Under load it lets batches grow, but the
    first record after a quiet time is written at once."""
    idle_wait_s: float = 1.0
    """How long one fetch waits for a record."""
    quiet_s: float = 0.0
    """Records without a Commit are written at most so often. A standby, and who asks for the
    position of the store, sees no more than what is written."""
    check_s: float = 2.0
    """While nothing is written, the stored position is compared so often. A database that
    crashed may have lost its last transactions, and the journal may stay quiet after it."""


class Step(NamedTuple):
    """The way from one position to a later one. All rows between them are written together."""

    expected: Position
    reached: Position
    decided_at: datetime | None
    """Log time at the reached position; None if no record of the batch has one."""


class ReaderStore(Protocol[B]):
    """Tables that follow the journal. If the store is away, `load`, `position` and `write`
    raise the error after which the reader's StoreRetry tries again."""

    async def load(self) -> Position:
        """Read what the store needs to follow. Returns the stored position; `START` for empty
        tables."""
        ...

    async def position(self) -> Position:
        """Return the stored position."""
        ...

    async def prepare(self, commits: Sequence[Commit], after: B | None, /) -> B:
        """Return everything that the Commits put into the store. Must not change anything.

        `after` is the batch before, if it is being written now: it counts as written."""
        ...

    def prepare_without_refused(self, commits: Sequence[Commit], reason: str, /) -> Iterable[B]:
        """Return what can still be written of one Commit whose rows the store refused for
        `reason`, the best batch first. The first one that the store takes counts."""
        ...

    async def write(self, batch: B, step: Step) -> None:
        """Write the batch and the new position. Raises RowsRefused, and Fenced if the store
        is not at the expected position; then nothing was written."""
        ...

    def note_written(self, batch: B) -> None:
        """Note that the batch is in the store."""
        ...


class JournalReader(Generic[B]):
    """One reader of the journal, and the only writer of its store. Once cancelled, it may run
    again."""

    def __init__(
        self,
        journal: Journal,
        store: ReaderStore[B],
        limits: BatchLimits,
        store_retry: StoreRetry,
        on_read: Callable[[Accepted], None] = lambda _newest: None,
    ) -> None:
        """`on_read` is called after each fetch, with the newest record that it returned."""
        self._journal = journal
        self._store = store
        self._limits = limits
        self.store_retry = store_retry
        self._on_read = on_read
        self._tail = Tail(journal)
        self._stored: Position = START
        self._began_at = 0.0
        self._writing: asyncio.Task[bool] | None = None
        self._being_written: B | None = None
        self._waiting_ms: int | None = None
        self._compared_at = self._written_at = -inf
        self._unwritten: Accepted | None = None
        self._moved = asyncio.Event()
        self.position: Position = START
        """The store has everything of the journal up to here."""
        self.oldest_unwritten_ms: int | None = None
        """Journal stamp of the oldest record that was read and is not yet in the store."""

    @property
    def tables_available(self) -> bool:
        """Whether the store answered the last attempt; False before the first."""
        return self.store_retry.available

    @property
    def journal_available(self) -> bool:
        return self._tail.available

    @property
    def ignored(self) -> int:
        """Number of entries read that did not count (R2)."""
        return self._tail.ignored

    async def run(self) -> NoReturn:
        """Follow the journal. While the journal or the store is away, wait for it. Raises
        JournalBroken, and Fenced if another reader writes to the same store."""
        while True:
            self._stored = await self.store_retry.attempt_until_available(self._store.load)
            self._move_to(self._stored)
            self._tail = Tail(self._journal, self._stored)
            try:
                await self._follow()
            except Fenced:
                if not await self._store_went_back():
                    raise
            finally:
                await self._tail.close()

    async def look(self, standing_by: Callable[[], bool]) -> None:
        """Note how far another process has brought the store, if this reader does not run."""
        stored = await self.store_retry.attempt_until_available(self._store.position)
        if standing_by():
            self._move_to(stored)

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Wait until the store has followed the journal to `seq`. Returns False if it has not
        after `wait_s` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self.position.state.seq < seq:
                    await self._moved.wait()
        return self.position.state.seq >= seq

    async def _follow(self) -> NoReturn:
        try:
            while True:
                records = await self._gather()
                for part in cut_into_parts(records, self._limits.events_max):
                    await self._write_next(part)
                if not records:
                    await self._finish_writing()
                    await self._write_quiet()
                    await self._compare_position()
        except JournalBroken:
            await self._finish_writing()  # What lies before the break counts.
            raise
        finally:
            try:
                await end(self._writing)
            finally:
                self._writing = self._being_written = self._unwritten = None
                self.oldest_unwritten_ms = None

    async def _gather(self) -> list[Accepted]:
        """Return the records since the last batch: those that come until the next one may be
        written. None if none came for a while."""
        records = await self._fetch(self._limits.idle_wait_s)
        loop = asyncio.get_running_loop()
        while records and len(records) < self._limits.events_max:
            if self._writing is not None and not self._writing.done():
                if more := await self._fetch(0):
                    records += more
                else:
                    await asyncio.wait([self._writing])
            elif (wait_s := self._began_at + self._limits.pause_s - loop.time()) > 0:
                records += await self._fetch(wait_s)
            else:
                break
        return records

    async def _write_next(self, records: Sequence[Accepted]) -> None:
        """Prepare the batch, and begin to write it as soon as the one before is written."""
        self._waiting_ms = records[0].stamp_ms
        batch = await self._store.prepare(commits_of(records), self._being_written)
        if not await self._finish_writing():
            batch = await self._store.prepare(commits_of(records), None)
        self.oldest_unwritten_ms, self._waiting_ms = self._waiting_ms, None
        self._began_at = asyncio.get_running_loop().time()
        self._being_written = batch
        self._writing = start_for(self._take(records, batch), "batch")

    async def _finish_writing(self) -> bool:
        """Wait until nothing is being written. Returns whether all was written as it was
        prepared."""
        if self._writing is None:
            return True
        as_prepared = await self._writing
        self._writing = self._being_written = None
        return as_prepared

    async def _fetch(self, wait_s: float) -> list[Accepted]:
        records = list(await self._tail.fetch(wait_s))
        if records:
            self._on_read(records[-1])
        return records

    async def _take(self, records: Sequence[Accepted], batch: B) -> bool:
        """Write the batch of these records, or only move on if none of them is worth a write yet.
        Returns whether all was written as it was prepared."""
        as_prepared = True
        if self._is_quiet() and not commits_of(records):
            self._unwritten = records[-1]
            self._move_to(records[-1].position)
        else:
            as_prepared = await self._write_all(records, batch)
        self.oldest_unwritten_ms = self._waiting_ms
        return as_prepared

    def _is_quiet(self) -> bool:
        """Return whether the last write is so recent that records without a Commit can wait."""
        since_s = asyncio.get_running_loop().time() - self._written_at
        return since_s < self._limits.quiet_s

    async def _write_quiet(self) -> None:
        """Write how far records without a Commit have led, once they have waited for long."""
        if self._unwritten is not None and not self._is_quiet():
            await self._write(await self._store.prepare([], None), [self._unwritten])

    async def _write_all(self, records: Sequence[Accepted], batch: B) -> bool:
        """Write the batch of these records. If the store refuses rows, halve the batch until a
        single record is to blame, and write what can be written of that one. Returns whether the
        store took all."""
        try:
            await self._write(batch, records)
        except RowsRefused as refused:
            if len(records) == 1:
                await self._write_without_refused(records, refused)
            else:
                middle = len(records) // 2
                for half in (records[:middle], records[middle:]):
                    await self._write_all(half, await self._store.prepare(commits_of(half), None))
            return False
        return True

    async def _write_without_refused(
        self, records: Sequence[Accepted], refused: RowsRefused
    ) -> None:
        last = refused
        for batch in self._store.prepare_without_refused(commits_of(records), str(refused)):
            try:
                await self._write(batch, records)
            except RowsRefused as again:
                last = again
            else:
                return
        raise last

    async def _write(self, batch: B, records: Sequence[Accepted]) -> None:
        step = Step(self._stored, records[-1].position, decided_at(records))
        tried = False

        async def write_once() -> None:
            nonlocal tried
            # An attempt whose answer was lost may have been written after all.
            if not tried or await self._store.position() != step.reached:
                tried = True
                await self._store.write(batch, step)

        commits = commits_of(records)
        with ending(begin_write(self.store_retry.store, commits)):
            await self.store_retry.attempt_until_available(write_once)
        self._compared_at = self._written_at = asyncio.get_running_loop().time()
        self._stored, self._unwritten = step.reached, None
        self._store.note_written(batch)
        LINES.add_written(self.store_retry.store, commits)
        self._move_to(step.reached)

    def _move_to(self, reached: Position) -> None:
        self.position = reached
        self._moved.set()
        self._moved = asyncio.Event()

    async def _compare_position(self) -> None:
        """Raise Fenced if the store is no longer where we left it. Does nothing if a write or
        a comparison showed it less than `check_s` ago."""
        now = asyncio.get_running_loop().time()
        if now - self._compared_at < self._limits.check_s:
            return
        self._compared_at = now
        stored = await self.store_retry.attempt_until_available(self._store.position)
        if stored != self._stored:
            raise Fenced(f"the store moved from {self._stored.state.seq} to {stored.state.seq}")

    async def _store_went_back(self) -> bool:
        """Return whether the store is behind the position that we stored. After a crash a
        database may have lost its last transactions; a rival only moves it forward."""
        stored = (await self.store_retry.attempt_until_available(self._store.position)).state.seq
        if stored >= self._stored.state.seq:
            return False
        log.warning("tables went back", extra={"position": stored})
        return True


def cut_into_parts(records: Sequence[Accepted], events_max: int) -> Iterator[Sequence[Accepted]]:
    """Cut the records into batches of about `events_max` events, in order."""
    start = events = 0
    for index, accepted in enumerate(records, 1):
        events += _count_events(accepted)
        if events >= events_max or index == len(records):
            yield records[start:index]
            start, events = index, 0


def _count_events(accepted: Accepted) -> int:
    return max(len(accepted.record.events), 1) if isinstance(accepted.record, Commit) else 1


def commits_of(records: Iterable[Accepted]) -> list[Commit]:
    """Return the Commits among the records, in order."""
    return [one.record for one in records if isinstance(one.record, Commit)]


def decided_at(records: Sequence[Accepted]) -> datetime | None:
    """Return the log time of the newest record that has one."""
    for one in reversed(records):
        if isinstance(one.record, Commit | Barrier):
            return one.record.decided_at
    return None
