"""Wires the history. It runs beside the read models."""

from collections.abc import Awaitable, Callable
from typing import Any

from projector.history.metrics import WORDS_TO_SCRUB
from projector.history.reader import HISTORY_LIMITS, HistoryReader
from projector.history.scrubbing import WordScrubber
from projector.history.versions import HistoryVersions
from runtime.clickhouse.port import Analytics
from runtime.following.pauses import Pauses
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
        self._analytics = analytics
        self._pauses = Pauses()
        self.scrubber = WordScrubber(analytics, WORDS_TO_SCRUB.set)
        self.reader = HistoryReader(journal, analytics, limits, self.scrubber)
        super().__init__(self.reader, "history", self._prepare_versions, lock)

    async def pause_for(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` while nobody writes to the tables or empties texts in them. Raises what `work`
        raises. The reader goes on from the position that the tables have then."""
        async with self.scrubber.turn, self.reader.tables.turn:
            await self._pauses.pause_for(work)
        self.scrubber.ask()

    async def _prepare_versions(self) -> None:
        """Finish or clear away what a rebuild that was cut off has left."""
        await self._analytics.create_database()
        await HistoryVersions(self._analytics).mend()

    async def _work(self) -> None:
        reading = self._pauses.run(super()._work)
        await run_together({"reader": reading, "scrubber": self.scrubber.run()})

    def _own_readiness(self) -> dict[str, Any]:
        """If ClickHouse is away, the history waits for it and is still ready."""
        return {
            "clickhouse": "available" if self.reader.tables_available else "away",
            "erased_in_history": self.scrubber.pending,
        }
