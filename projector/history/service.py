"""Wires the history. It runs beside the read models."""

from typing import Any

from projector.history.metrics import WORDS_TO_SCRUB
from projector.history.reader import HISTORY_LIMITS, HistoryReader
from projector.history.scrubbing import WordScrubber
from runtime.clickhouse.port import Analytics
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal
from runtime.postgres.active_lock import ActiveLock
from runtime.process.tasks import run_together


class HistoryService(FollowingService):
    """Keeps the tables behind `analytics` up with `journal`, and empties in them what erased
    people typed.

    Start once, stop once. Whoever made `analytics` closes it, after `stop`.
    """

    def __init__(
        self,
        journal: Journal,
        analytics: Analytics,
        *,
        limits: BatchLimits = HISTORY_LIMITS,
        lock: ActiveLock | None = None,
    ) -> None:
        self._scrubber = WordScrubber(analytics, WORDS_TO_SCRUB.set)
        self.reader = HistoryReader(journal, analytics, limits, self._scrubber)
        super().__init__(self.reader, "history", lock=lock)

    async def _work(self) -> None:
        await run_together({"reader": super()._work(), "scrubber": self._scrubber.run()})

    def _own_readiness(self) -> dict[str, Any]:
        """If ClickHouse is away, the history waits for it and is still ready."""
        return {
            "clickhouse": "available" if self.reader.tables_available else "away",
            "erased_in_history": self._scrubber.pending,
        }
