"""Follows the journal into the history in ClickHouse.

Reads the journal by itself, so that ClickHouse may be slow or away without holding up the read
models. Delivers at least once; the sink makes a repeated block harmless.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from contracts.journal.records import Commit
from projector.history.block import Block, block_of
from projector.history.scrubbing import WordScrubber
from projector.history.sink import ClickHouseSink
from projector.history.versions import LIVE, Version
from runtime.calls.store_retry import StoreRetry
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.following.reader import BatchLimits, JournalReader, Step
from runtime.journal.port import Journal
from runtime.journal.tail import Position

# ClickHouse needs few and large blocks, so barriers alone are not worth a block each. A Commit
# without rows is: reads wait for its position. Verify on a standby waits for barriers, too, and
# longer than QUIET_S.
QUIET_S: Final = 5.0
HISTORY_LIMITS: Final = BatchLimits(events_max=20_000, pause_s=0.5, quiet_s=QUIET_S, check_s=30.0)


class HistoryTables:
    """A version of the history as `runtime.following.reader.ReaderStore`."""

    def __init__(
        self, analytics: Analytics, scrubber: WordScrubber | None, version: Version = LIVE
    ) -> None:
        self._analytics = analytics
        self._scrubber = scrubber
        self._version = version
        self._sink = ClickHouseSink(analytics, version=version)
        self.turn = asyncio.Lock()
        """Held while a batch is written. Whoever renames the tables holds it, too: a late write
        would go into the tables that have the name then."""

    async def load(self) -> Position:
        """Migrate the live tables, or take others as they are, and return their position."""
        if self._version == LIVE:
            await migrate(self._analytics)
        if self._scrubber is not None:
            self._scrubber.ask()
        return await self._sink.position()

    async def position(self) -> Position:
        return await self._sink.position()

    async def prepare(self, commits: Sequence[Commit], _after: Block | None, /) -> Block:
        return await asyncio.to_thread(block_of, commits)

    def prepare_without_refused(self, _commits: Sequence[Commit], _reason: str, /) -> list[Block]:
        """Return nothing: ClickHouse never refuses rows for their content."""
        return []

    async def write(self, batch: Block, step: Step) -> None:
        async with self.turn:
            await self._sink.write(batch, step.reached)

    def note_written(self, batch: Block) -> None:
        if self._scrubber is not None:
            self._scrubber.note_written(batch)


class HistoryReader(JournalReader[Block]):
    """Reads the journal into the history. Raises what JournalReader raises; runs once.

    The `scrubber` learns of the erasures. Without one, the texts of the erased stay.
    """

    def __init__(
        self,
        journal: Journal,
        analytics: Analytics,
        limits: BatchLimits = HISTORY_LIMITS,
        scrubber: WordScrubber | None = None,
        version: Version = LIVE,
    ) -> None:
        self.tables = HistoryTables(analytics, scrubber, version)
        super().__init__(journal, self.tables, limits, StoreRetry("history", AnalyticsError))
