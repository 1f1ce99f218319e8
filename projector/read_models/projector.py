"""The loop from the journal to the tables.

Delivers in order and exactly once: rows and position move together, and a batch that
finds the position moved by somebody else is not written. Nothing is held that could be
lost: after a crash anywhere, also of the database, reading goes on from the stored position.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, NoReturn

from contracts.records import Barrier, Commit
from projector.read_models.batch import Batch, Projected
from projector.read_models.intake import Intake
from projector.read_models.ports import Sink, Step
from runtime.calls.persisting import Persistence
from runtime.journal.port import Journal
from runtime.journal.tail import START, Accepted, Position, Tail
from runtime.postgres.tables import Fenced, RowsRefused, TablesUnavailable
from runtime.process.clock import Clock, system_clock

log = logging.getLogger(__name__)


class Limits(NamedTuple):
    batch_events_max: int = 2_000
    """A batch ends with the record that reaches this."""
    batch_pause_s: float = 0.005
    """Batches start no sooner after one another: under load they grow, but the first
    record after a pause is written at once."""
    idle_wait_s: float = 1.0
    """How long to wait for a record before looking whether the journal is there at all."""


class Projector:
    """One reader of the journal and the only writer of its tables. Runs once."""

    def __init__(
        self,
        journal: Journal,
        sink: Sink,
        *,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        clock: Clock = system_clock,
        on_written: Callable[[Batch], None] = lambda _batch: None,
        persistence: Persistence | None = None,
    ) -> None:
        self._journal = journal
        self._sink = sink
        self._limits = limits
        self._clock = clock
        self._on_written = on_written
        self._intake = Intake()
        self._tail = Tail(journal)
        self._oldest_unwritten_ms: int | None = None
        self._written_at = 0.0
        self.position: Position = START
        """Where the tables are."""
        self._persistence = persistence or Persistence("read models", TablesUnavailable)

    @property
    def tables_available(self) -> bool:
        return self._persistence.available

    @property
    def journal_available(self) -> bool:
        return self._tail.available

    @property
    def ignored(self) -> int:
        return self._tail.ignored

    @property
    def lag_s(self) -> float:
        """Age of the oldest record that was read and is not yet in the tables."""
        if self._oldest_unwritten_ms is None:
            return 0.0
        return max(0.0, self._clock().timestamp() - self._oldest_unwritten_ms / 1000)

    async def run(self) -> NoReturn:
        """Follow the journal. Raises JournalBroken, and Fenced where another projector
        writes to the same tables."""
        while True:
            self.position = await self._persistence.until_it_answers(self._sink.position)
            self._intake = Intake(await self._persistence.until_it_answers(self._sink.stopped_keys))
            self._tail = Tail(self._journal, self.position)
            try:
                await self._follow()
            except Fenced:
                if not await self._tables_went_back():
                    raise
            finally:
                await self._tail.close()

    async def _follow(self) -> NoReturn:
        while True:
            records = await self._gather()
            for part in _parts(records, self._limits.batch_events_max):
                self._oldest_unwritten_ms = part[0].stamp_ms
                await self._store(part)
            self._oldest_unwritten_ms = None

    async def _tables_went_back(self) -> bool:
        """A database that crashed may come back without the last batches it had taken; a
        rival only ever moves it forward."""
        stored = (await self._persistence.until_it_answers(self._sink.position)).state.seq
        if stored >= self.position.state.seq:
            return False
        log.warning("tables went back", extra={"position": stored})
        return True

    async def _gather(self) -> list[Accepted]:
        """What came since the last batch, and what comes until the next may start."""
        records = list(await self._tail.fetch(self._limits.idle_wait_s))
        loop = asyncio.get_running_loop()
        start_at = self._written_at + self._limits.batch_pause_s
        while records and len(records) < self._limits.batch_events_max:
            if (wait_s := start_at - loop.time()) <= 0:
                break
            records += await self._tail.fetch(wait_s)
        return records

    async def _store(self, records: Sequence[Accepted]) -> None:
        """Write what the records come to; narrow down and park what the tables refuse."""
        commits = _commits(records)
        try:
            await self._write(self._intake.take(commits), records)
        except RowsRefused as refused:
            if len(records) > 1:
                middle = len(records) // 2
                await self._store(records[:middle])
                await self._store(records[middle:])
            else:
                await self._store_without_refused(records, str(refused))

    async def _store_without_refused(self, records: Sequence[Accepted], reason: str) -> None:
        """Park one key of a single Commit, or all, if no one of them is to blame."""
        commits = _commits(records)
        keys = sorted({event.key for event in self._intake.take(commits) if event.key is not None})
        for key in keys:
            with suppress(RowsRefused):
                await self._write(self._intake.take(commits, {key: reason}), records)
                return
        await self._write(self._intake.take(commits, dict.fromkeys(keys, reason)), records)

    async def _write(self, events: Sequence[Projected], records: Sequence[Accepted]) -> None:
        batch = Batch(events)
        step = Step(self.position, records[-1].position, _decided_at(records))
        tried = False

        async def write() -> None:
            nonlocal tried
            # An attempt whose answer was lost may have been written after all.
            if not tried or await self._sink.position() != step.reached:
                tried = True
                await self._sink.write(batch, step)

        await self._persistence.until_it_answers(write)
        self.position = step.reached
        self._written_at = asyncio.get_running_loop().time()
        self._intake.stop(batch.letters)
        for letter in batch.letters:
            log.error("event parked", extra={"position": letter.seq, "reason": letter.reason})
        self._on_written(batch)


def _parts(records: Sequence[Accepted], events_max: int) -> Iterator[Sequence[Accepted]]:
    start = events = 0
    for index, accepted in enumerate(records, 1):
        events += len(accepted.record.events) if isinstance(accepted.record, Commit) else 1
        if events >= events_max or index == len(records):
            yield records[start:index]
            start, events = index, 0


def _commits(records: Sequence[Accepted]) -> list[Commit]:
    return [one.record for one in records if isinstance(one.record, Commit)]


def _decided_at(records: Sequence[Accepted]) -> datetime | None:
    for one in reversed(records):
        if isinstance(one.record, Commit | Barrier):
            return one.record.decided_at
    return None
