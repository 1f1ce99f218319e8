"""Follows a SQLite journal into chdb, one Commit at a time, until killed. Prints each position once
it is stored."""

import asyncio
import sys
from pathlib import Path

from projector.history.reader import HISTORY_LIMITS, HistoryReader
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.journal.sqlite import SqliteJournal

SLOWLY = HISTORY_LIMITS._replace(events_max=3, pause_s=0.0, idle_wait_s=0.05)


async def follow(journal: Path, chdb: Path) -> None:
    history = HistoryReader(SqliteJournal(journal), ChdbAnalytics(chdb), SLOWLY)
    running = asyncio.create_task(history.run())
    told = 0
    while not running.done():
        if history.position.state.seq > told:
            told = history.position.state.seq
            print(told, flush=True)
        await asyncio.sleep(0.001)
    await running


if __name__ == "__main__":
    asyncio.run(follow(Path(sys.argv[1]), Path(sys.argv[2])))
