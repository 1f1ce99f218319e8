"""Wires the history. It runs beside the read models."""

from typing import Any

from projector.history.reader import HISTORY_LIMITS, HistoryReader
from runtime.clickhouse.port import Analytics
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal


class HistoryService(FollowingService):
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
        super().__init__(self.reader, "history")

    def _own_readiness(self) -> dict[str, Any]:
        """If ClickHouse is away, the history waits for it and is still ready."""
        return {"clickhouse": "available" if self.reader.tables_available else "away"}
