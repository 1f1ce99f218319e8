"""The loop from the journal to ClickHouse, and the service around it.

Reads with a tail of its own, so ClickHouse may be slow or away without holding up the read
models. Delivers at least once; the sink makes a repeated block harmless.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from contracts.records import Commit
from projector.history.block import Block, block_of
from projector.history.sink import ClickHouseSink
from runtime.calls.persisting import Persistence
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.journal.port import Journal
from runtime.journal.tail import START, Accepted, Position, Tail
from runtime.process.tasks import end, keep_running

log = logging.getLogger(__name__)


class BlockLimits(NamedTuple):
    commits_max: int = 20_000
    """A block ends with the record that reaches this."""
    pause_s: float = 0.5
    """Blocks start no sooner after one another: ClickHouse wants few and large ones."""
    idle_wait_s: float = 1.0
    quiet_records_max: int = 1_000
    """Heartbeats alone move the stored position only this often."""


class History:
    """One reader of the journal. Runs once."""

    def __init__(
        self,
        journal: Journal,
        analytics: Analytics,
        limits: BlockLimits = BlockLimits(),  # noqa: B008 - immutable
    ) -> None:
        self._analytics = analytics
        self._sink = ClickHouseSink(analytics)
        self._journal = journal
        self._limits = limits
        self._tail = Tail(journal)
        self._written_at = 0.0
        self._stored: Position = START
        self.position: Position = START
        """Up to here everything that happened is in the tables."""
        self._persistence = Persistence("history", AnalyticsError)
        self._advanced = asyncio.Event()

    @property
    def tables_available(self) -> bool:
        """False until the tables are there, and whenever ClickHouse does not answer."""
        return self._persistence.available

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Whether the history has come to `seq`, within `wait_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self.position.state.seq < seq:
                    await self._advanced.wait()
        return self.position.state.seq >= seq

    @property
    def journal_available(self) -> bool:
        return self._tail.available

    async def run(self) -> NoReturn:
        """Bring the tables to this version's shape, then follow. Waits for ClickHouse as
        long as it takes. Raises JournalBroken."""
        await self._persistence.until_it_answers(lambda: migrate(self._analytics))
        self.position = self._stored = await self._persistence.until_it_answers(self._sink.position)
        self._tail = Tail(self._journal, self.position)
        try:
            while True:
                for part in _parts(await self._gather(), self._limits.commits_max):
                    await self._store(part)
        finally:
            await self._tail.close()

    async def _gather(self) -> Sequence[Accepted]:
        """What came since the last block, and what comes until the next may start."""
        records = list(await self._tail.fetch(self._limits.idle_wait_s))
        loop = asyncio.get_running_loop()
        start_at = self._written_at + self._limits.pause_s
        while records and len(records) < self._limits.commits_max:
            if (wait_s := start_at - loop.time()) <= 0:
                break
            records += await self._tail.fetch(wait_s)
        return records

    async def _store(self, records: Sequence[Accepted]) -> None:
        commits = [one.record for one in records if isinstance(one.record, Commit)]
        block = await asyncio.to_thread(block_of, commits)
        reached = records[-1].position
        quiet = reached.state.seq - self._stored.state.seq < self._limits.quiet_records_max
        # A Commit without rows moves it as well: readers of the tables wait for its position.
        if commits or not quiet:
            await self._write(block, reached)
        self.position = reached
        self._advanced.set()
        self._advanced = asyncio.Event()

    async def _write(self, block: Block, reached: Position) -> None:
        await self._persistence.until_it_answers(lambda: self._sink.write(block, reached))
        self._stored = reached
        self._written_at = asyncio.get_running_loop().time()


class HistoryService:
    """Keeps the tables behind `analytics` up with `journal`.

    Start once, stop once. `analytics` is closed by who made it, after `stop`.
    """

    def __init__(
        self,
        journal: Journal,
        analytics: Analytics,
        *,
        limits: BlockLimits = BlockLimits(),  # noqa: B008 - immutable
    ) -> None:
        self.history = History(journal, analytics, limits)
        self._running: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """seq up to which the history follows the journal."""
        return self.history.position.state.seq

    def readiness(self) -> dict[str, Any]:
        """ClickHouse that is away does not make us unready: the history waits for it."""
        return {
            "running": self._running is not None and not self._running.done(),
            "journal": self.history.journal_available,
            "clickhouse": "available" if self.history.tables_available else "away",
            "position": self.position,
        }

    async def start(self) -> asyncio.Task[None]:
        """Begin to follow. The task ends only by failing, with JournalBroken or
        MigrationEdited; the process ends with it."""
        self._running = keep_running(self.history.run(), "history")
        return self._running

    async def stop(self) -> None:
        """A block that is being written is finished by ClickHouse or written again."""
        await end(self._running)


def _parts(records: Sequence[Accepted], commits_max: int) -> Iterator[Sequence[Accepted]]:
    for start in range(0, len(records), commits_max):
        yield records[start : start + commits_max]
