"""ClickHouse that stands still: it takes connections and says nothing, like a paused machine.

The first readers are told within seconds, later ones at once. Whatever waits for it can be stopped.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from clickhouse_driver import Client

from contracts.errors import Unavailable
from launcher.servers.clickhouse import ClickHouseServer
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from query_api.edge.history_reads import OPEN_AFTER, HistoryReads
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.sqlite import SqliteJournal
from tests.histories.stated import evenings_in_march
from tests.servers.clickhouse_engines import ENGINES

PATIENCE_S: Final = 30.0
"""Far less than what the connections alone would wait, far more than what is promised."""
QUICK: Final = HISTORY_LIMITS._replace(pause_s=0.0, idle_wait_s=0.05)


class FreezableEngine(NamedTuple):
    analytics: Analytics
    freeze: Callable[[], None]
    thaw: Callable[[], None]


@pytest.fixture(params=ENGINES)
async def engine(
    request: pytest.FixtureRequest, own_clickhouse_server: ClickHouseServer, tmp_path: Path
) -> AsyncIterator[FreezableEngine]:
    """Its own: the shared server proves only that one can be run."""
    assert own_clickhouse_server.port
    if request.param == "chdb":
        chdb = ChdbAnalytics(tmp_path / "chdb")
        await chdb.query("SELECT 1")
        assert chdb._engine is not None
        yield _signalled(chdb, chdb._engine.pid)
        await chdb.close()
        return
    async with ClickHouseServer(tmp_path / "server") as server:
        analytics = ServerAnalytics(server.dsn, analyst_dsn=server.analyst_dsn)
        await analytics.query("SELECT 1")
        assert server.pid is not None
        yield _signalled(analytics, server.pid)
        server.thaw()
        await analytics.close()


def _signalled(analytics: Analytics, pid: int) -> FreezableEngine:
    return FreezableEngine(
        analytics,
        lambda: os.kill(pid, signal.SIGSTOP),
        lambda: os.kill(pid, signal.SIGCONT),
    )


async def test_readers_are_told_soon_and_then_at_once_and_again_when_it_is_back(
    engine: FreezableEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = HistoryReads(engine.analytics, timeout_s=1.0)
    assert await history.fetch_rows("SELECT 1 AS one") == [{"one": 1}]
    monkeypatch.setattr("query_api.edge.history_reads.ANSWER_S_MAX", 0.5)
    engine.freeze()
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(OPEN_AFTER):
            with pytest.raises(Unavailable):
                await history.fetch_rows("SELECT 1 AS one")
    assert history.circuit.state == "open"
    with pytest.raises(Unavailable):
        await history.fetch_rows("SELECT 1 AS one")
    engine.thaw()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                assert await history.fetch_rows("SELECT 1 AS one") == [{"one": 1}]
                break
            except Unavailable:
                await asyncio.sleep(0.05)


async def test_what_follows_the_journal_can_be_stopped(
    engine: FreezableEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.clickhouse.chdb_client.CLOSE_S_MAX", 0.2)
    journal = SqliteJournal(tmp_path / "journal.db")
    stated = evenings_in_march()
    await stated.write_to(journal)
    service = HistoryService(journal, engine.analytics, limits=QUICK)
    await service.start()
    async with asyncio.timeout(PATIENCE_S):
        while service.position <= len(stated.commits):
            await asyncio.sleep(0.005)
    engine.freeze()
    asked = [
        asyncio.create_task(call)
        for call in (
            engine.analytics.insert("history_position", {"reader": ["somebody"], "seq": [1]}),
            engine.analytics.query("SELECT count() FROM events"),
            engine.analytics.scan("SELECT count() FROM events"),
            engine.analytics.ask("SELECT count() FROM events"),
        )
    ]
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await service.stop()
        await engine.analytics.close()
        ended = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, AnalyticsError) for one in ended), ended
    await journal.close()


async def test_a_call_that_is_given_up_frees_its_thread(engine: FreezableEngine) -> None:
    engine.freeze()
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(12):  # More than there are threads for readers.
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await engine.analytics.query("SELECT 1")
        engine.thaw()
        assert (await engine.analytics.query("SELECT 1 AS one")).rows == [(1,)]


async def test_a_query_that_is_given_up_ends_at_the_server(clickhouse_dsn: str) -> None:
    """An old server counts on for nobody, on one of the machine's cores."""
    endless = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))"
    running = "SELECT count() FROM system.processes WHERE query LIKE '%ignore(sipHash64%'"
    watching = Client.from_url(clickhouse_dsn)

    async def wait_until(count: int) -> None:
        """Count the question itself as well."""
        async with asyncio.timeout(PATIENCE_S):
            while watching.execute(running) != [(count + 1,)]:
                await asyncio.sleep(0.05)

    analytics = ServerAnalytics(clickhouse_dsn)
    for give_up in (asyncio.Task.cancel, None):
        scan = asyncio.create_task(analytics.scan(endless))
        await wait_until(1)
        if give_up is None:
            await analytics.close()
        else:
            give_up(scan)
        await asyncio.wait([scan])
        await wait_until(0)
    watching.disconnect()
