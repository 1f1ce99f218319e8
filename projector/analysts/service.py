"""Wires the analysts' database. It is filled beside the history."""

from typing import Any

from projector.analysts.reader import AnalystsReader
from projector.history.reader import HISTORY_LIMITS
from runtime.clickhouse.port import Analytics
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal
from runtime.postgres.active_lock import ActiveLock
from runtime.pseudonyms import Pseudonyms


class AnalystsService(FollowingService):
    """Keeps the tables behind `analysts` up with `journal`, at most as far as `history`.

    Start once, stop once. Whoever made `analysts` and `history` closes them, after `stop`.
    """

    def __init__(
        self,
        journal: Journal,
        analysts: Analytics,
        history: Analytics,
        pseudonyms: Pseudonyms,
        *,
        days_max: int = 0,
        limits: BatchLimits = HISTORY_LIMITS,
        lock: ActiveLock | None = None,
    ) -> None:
        self.reader = AnalystsReader(
            journal, analysts, history, pseudonyms, days_max=days_max, limits=limits
        )
        super().__init__(self.reader, "analysts", lock=lock)

    def _own_readiness(self) -> dict[str, Any]:
        """If ClickHouse is away, the tables wait for it and the process is still ready."""
        return {"clickhouse": "available" if self.reader.tables_available else "away"}
