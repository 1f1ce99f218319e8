"""Follows the journal into the read models.

If the tables refuse the rows of an event, the event is parked, and so are all later events of
its key.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from contracts.journal.records import Commit
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake, stopped_by
from projector.read_models.ports import Sink
from runtime.calls.store_retry import StoreRetry
from runtime.following.reader import BatchLimits, JournalReader, Step
from runtime.journal.port import Journal
from runtime.journal.tail import Position
from runtime.postgres.tables import TablesUnavailable
from runtime.process.clock import Clock, system_clock

log = logging.getLogger(__name__)

READ_MODEL_LIMITS: Final = BatchLimits(events_max=20_000, pause_s=0.005)
PREPARED_AT_ONCE_MAX: Final = 100
"""More Commits are prepared in a thread, so that nothing else of the process waits for them."""


class ReadModels:
    """The read models as `runtime.following.reader.ReaderStore`."""

    def __init__(self, sink: Sink, on_written: Callable[[RowBatch], None]) -> None:
        self._sink = sink
        self._on_written = on_written
        self._intake = Intake()

    async def load(self) -> Position:
        self._intake = Intake(await self._sink.stopped_keys(), await self._sink.dropped())
        return await self._sink.position()

    async def position(self) -> Position:
        return await self._sink.position()

    async def prepare(self, commits: Sequence[Commit], after: RowBatch | None, /) -> RowBatch:
        if len(commits) > PREPARED_AT_ONCE_MAX:
            return await asyncio.to_thread(self._prepare, commits, after)
        return self._prepare(commits, after)

    def prepare_without_refused(self, commits: Sequence[Commit], reason: str) -> Iterator[RowBatch]:
        """Yield the Commit's batch with one of its keys parked, for each key in turn. The last
        batch has all of them parked, in case no single one is to blame."""
        found = self._intake.take(commits)
        keys = sorted({event.key for event in found if event.key is not None})
        for key in keys:
            yield RowBatch(self._intake.take(commits, {key: reason}))
        yield RowBatch(self._intake.take(commits, dict.fromkeys(keys, reason)))

    async def write(self, batch: RowBatch, step: Step) -> None:
        await self._sink.write(batch, step)

    def _prepare(self, commits: Sequence[Commit], after: RowBatch | None) -> RowBatch:
        return RowBatch(self._intake.take(commits, stopped_by(after.letters if after else ())))

    def note_written(self, batch: RowBatch) -> None:
        self._intake.stop(batch.letters)
        for letter in batch.letters:
            log.error("event parked", extra={"position": letter.seq, "reason": letter.reason})
        self._on_written(batch)


class Projector(JournalReader[RowBatch]):
    """One reader of the journal and the only writer of its tables. Runs once."""

    def __init__(
        self,
        journal: Journal,
        sink: Sink,
        *,
        limits: BatchLimits = READ_MODEL_LIMITS,
        clock: Clock = system_clock,
        on_written: Callable[[RowBatch], None] = lambda _batch: None,
    ) -> None:
        super().__init__(
            journal,
            ReadModels(sink, on_written),
            limits,
            StoreRetry("read models", TablesUnavailable),
        )
        self._clock = clock

    @property
    def lag_s(self) -> float:
        """Age of the oldest record that was read and is not yet in the tables."""
        if self.oldest_unwritten_ms is None:
            return 0.0
        return max(0.0, self._clock().timestamp() - self.oldest_unwritten_ms / 1000)
