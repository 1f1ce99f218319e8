"""Wires the analysts' database. It is filled beside the history, and from the notifier's tables."""

from typing import Any

import asyncpg

from projector.analysts.copying.copier import NoticeCopier
from projector.analysts.reader import AnalystsReader
from projector.history.reader import HISTORY_LIMITS
from runtime.clickhouse.port import Analytics
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal
from runtime.postgres.active_lock import ActiveLock
from runtime.process.tasks import run_together
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
        outbox: asyncpg.Pool | None = None,
    ) -> None:
        """`outbox` leads to the notifier's tables; without it neither notices nor clicks are
        copied."""
        self.reader = AnalystsReader(
            journal, analysts, history, pseudonyms, days_max=days_max, limits=limits
        )
        self._copier = (
            None if outbox is None else NoticeCopier(outbox, analysts, history, pseudonyms)
        )
        super().__init__(self.reader, "analysts", lock=lock)

    async def _work(self) -> None:
        parts = {"analysts reader": super()._work()}
        if self._copier is not None:
            parts["notice copier"] = self._copy(self._copier)
        await run_together(parts)

    async def _copy(self, copier: NoticeCopier) -> None:
        await self.reader.loaded.wait()
        await copier.run()

    def _own_readiness(self) -> dict[str, Any]:
        """If ClickHouse is away, the tables wait for it and the process is still ready."""
        return {"clickhouse": "available" if self.reader.tables_available else "away"}
