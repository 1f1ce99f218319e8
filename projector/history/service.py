"""Wires the history. It runs beside the read models."""

import asyncio
from typing import Any

from projector.history.reader import HISTORY_LIMITS, HistoryReader
from runtime.clickhouse.port import Analytics
from runtime.following.reader import BatchLimits
from runtime.journal.port import Journal
from runtime.process.tasks import end, keep_running


class HistoryService:
    """Keeps the tables behind `analytics` up with `journal`.

    Start once, stop once. Whoever made `analytics` closes it, after `stop`.
    """

    def __init__(
        self,
        journal: Journal,
        analytics: Analytics,
        *,
        limits: BatchLimits = HISTORY_LIMITS,
    ) -> None:
        self.reader = HistoryReader(journal, analytics, limits)
        self._running: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """Position of the journal up to which the history is."""
        return self.reader.position.state.seq

    def readiness(self) -> dict[str, Any]:
        """Returns the state of the history. If ClickHouse is away, the history waits for it and is
        still ready."""
        return {
            "running": self._running is not None and not self._running.done(),
            "journal": self.reader.journal_available,
            "clickhouse": "available" if self.reader.tables_available else "away",
            "position": self.position,
        }

    async def start(self) -> asyncio.Task[None]:
        """Begins to follow. The task ends only by failing, with JournalBroken or
        MigrationEdited; the process ends with it."""
        self._running = keep_running(self.reader.run(), "history")
        return self._running

    async def stop(self) -> None:
        """Stops. A block that is being written is finished by ClickHouse or written again."""
        await end(self._running)
