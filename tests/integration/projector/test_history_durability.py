"""The history is whole, with nothing twice, after its process or its server was killed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from launcher.servers.clickhouse import ClickHouseServer
from projector.history.reader import HISTORY_LIMITS, HistoryReader
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.sqlite import SqliteJournal
from tests.histories.stated import StatedHistory, evenings_in_march
from tests.paths import ROOT
from tests.waiting import WITHIN_S

SCRIPT: Final = Path(__file__).with_name("follow_until_killed.py")
POSITIONS_BEFORE_KILL: Final = 4
QUICK: Final = HISTORY_LIMITS._replace(events_max=3, pause_s=0.0, idle_wait_s=0.05)
COUNTS: Final = "SELECT uniqExact(seq, event_index), count(), max(seq) FROM events FINAL"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.db")
    await evenings_in_march().write_to(journal)
    yield journal
    await journal.close()


def expected(stated: StatedHistory) -> list[tuple[int, int, int]]:
    events = sum(len(commit.events) for commit in stated.commits)
    newest = max(commit.seq for commit in stated.commits if commit.events)
    return [(events, events, newest)]


async def follow_to(journal: SqliteJournal, analytics: Analytics, seq: int) -> None:
    history = HistoryReader(journal, analytics, QUICK)
    running = asyncio.create_task(history.run())
    async with asyncio.timeout(WITHIN_S):
        while history.position.state.seq < seq and not running.done():
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait([running])


async def test_chdb_is_whole_after_its_process_was_killed_again_and_again(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    stated = evenings_in_march()
    reached, kills = 0, 0
    while reached <= len(stated.commits) - 3 * POSITIONS_BEFORE_KILL:
        reached = await asyncio.to_thread(_follow_and_kill, tmp_path)
        kills += 1
    assert kills > 1
    analytics = ChdbAnalytics(tmp_path / "chdb")
    await follow_to(journal, analytics, len(stated.commits) + 1)
    assert (await analytics.query(COUNTS)).rows == expected(stated)
    await analytics.close()


def _follow_and_kill(directory: Path) -> int:
    """The position it had stored when it was killed."""
    reached = 0
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), str(directory / "journal.db"), str(directory / "chdb")],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        for _ in range(POSITIONS_BEFORE_KILL):
            reached = int(child.stdout.readline())
        child.kill()
    return reached


async def test_a_killed_server_is_waited_for_and_nothing_is_lost_or_twice(
    own_clickhouse_server: ClickHouseServer,
    journal: SqliteJournal,
    tmp_path: Path,
) -> None:
    """The shared server only proves that one can be run; this test kills its own."""
    stated = evenings_in_march()
    async with ClickHouseServer(tmp_path / "server") as server:
        analytics = ServerAnalytics(server.dsn)
        await follow_to(journal, analytics, len(stated.commits) // 2)
        history = HistoryReader(journal, analytics, QUICK)
        await server.kill()
        running = asyncio.create_task(history.run())
        async with asyncio.timeout(WITHIN_S):
            await server.start()
            while history.position.state.seq <= len(stated.commits):
                assert not running.done()
                await asyncio.sleep(0.005)
        assert (await analytics.query(COUNTS)).rows == expected(stated)
        running.cancel()
        await asyncio.wait([running])
        await analytics.close()
