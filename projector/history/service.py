"""The history as a service beside the read models."""

import asyncio
from typing import Any

from projector.history.reader import HISTORY_LIMITS, History
from runtime.clickhouse.port import Analytics
from runtime.following.reader import BatchLimits
from runtime.journal.port import Journal
from runtime.process.tasks import end, keep_running


class HistoryService:
    """Keeps the tables behind `analytics` up with `journal`.

    Start once, stop once. `analytics` is closed by who made it, after `stop`.
    """

    def __init__(
        self,
        journal: Journal,
        analytics: Analytics,
        *,
        limits: BatchLimits = HISTORY_LIMITS,
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
