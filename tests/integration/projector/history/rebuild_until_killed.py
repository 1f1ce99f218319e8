"""Rebuilds a history beside its live tables, and kills itself after so many statements.

Prints `rebuilt` if there were not so many.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from projector.rebuild.history_rebuilding import HistoryRebuilding
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.sqlite import SqliteJournal
from tests.waiting import eventually

QUICK = HISTORY_LIMITS._replace(pause_s=0.0, idle_wait_s=0.05)


class KillingAnalytics:
    """Kills this process after `left` statements that change something."""

    def __init__(self, inner: Analytics) -> None:
        self._inner = inner
        self.left: int | None = None
        """None: does not count yet."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> None:
        await self._inner.execute(sql)
        self._count()

    async def insert(self, table: str, columns: Any) -> None:
        await self._inner.insert(table, columns)
        self._count()

    def _count(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def open_at(address: str) -> Analytics:
    """Return the server's database at the address, or the embedded engine in that directory."""
    if address.startswith("clickhouse:"):
        return ServerAnalytics(address)
    return ChdbAnalytics(Path(address))


async def rebuild(journal: SqliteJournal, inner: Analytics, seq: int, die_after: int) -> None:
    analytics = KillingAnalytics(inner)
    live = HistoryService(journal, analytics, limits=QUICK)
    await live.start()
    await eventually(lambda: live.position >= seq)
    analytics.left = die_after
    async for line in HistoryRebuilding(journal, analytics, live).run():
        last = line
    assert last["switched"], last
    await live.stop()
    print("rebuilt", flush=True)


if __name__ == "__main__":
    asyncio.run(
        rebuild(
            SqliteJournal(Path(sys.argv[1])),
            open_at(sys.argv[2]),
            int(sys.argv[3]),
            int(sys.argv[4]),
        )
    )
