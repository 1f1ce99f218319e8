"""A rebuild of the history that would fill ClickHouse's disk is refused before anything is made, if
ClickHouse says how much room it has: the embedded engine does, and a server of 18.16 does not."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from contracts.errors import NoRoom
from projector.history.service import HistoryService
from projector.history.versions import NEXT
from projector.rebuild.history_rebuilding import HistoryRebuilding
from projector.rebuild.history_room import require_history_room
from projector.service import ProjectorService
from runtime.clickhouse.port import Analytics, QueryRefused, ResultSet, SqlParameter
from runtime.journal.sqlite import SqliteJournal
from tests.histories.random_people import RandomPeople
from tests.integration.projector.rebuild.rebuilt import REBUILD, app_of
from tests.servers.http_server import served
from tests.waiting import eventually

NAMES: Final = "SELECT name FROM system.tables WHERE database = currentDatabase()"
SIZE: Final = """
    SELECT sum(bytes_on_disk) + max(bytes_on_disk) FROM system.parts
    WHERE active AND database = currentDatabase() AND NOT endsWith(table, '_kept')
        AND table IN ('events', 'refusals', 'ratings', 'history_position')
"""


class SmallDisk:
    """ClickHouse on a disk with so many free bytes."""

    def __init__(self, analytics: Analytics, free_bytes: float) -> None:
        self._analytics = analytics
        self.free_bytes = free_bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._analytics, name)

    async def query(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        if "system.disks" in sql:
            return ResultSet(("free",), ("Float64",), [(self.free_bytes,)])
        return await self._analytics.query(sql, parameters)


@pytest.fixture
async def history(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> AsyncIterator[HistoryService]:
    chain = RandomPeople(1).live(60).chain
    await chain.write_to(sqlite_journal)
    service = HistoryService(sqlite_journal, analytics)
    await service.start()
    await eventually(lambda: service.position == chain.seq)
    yield service
    await service.stop()


async def needed(analytics: Analytics) -> int:
    return int((await analytics.query(SIZE)).rows[0][0])


@pytest.mark.usefixtures("history")
async def test_the_engine_says_whether_it_knows(
    analytics: Analytics, request: pytest.FixtureRequest
) -> None:
    try:
        await analytics.query("SELECT free_space FROM system.disks")
        knows = True
    except QueryRefused:
        knows = False
    assert knows or "server" in request.node.name, "the embedded engine knows"
    assert await require_history_room(analytics) is knows


@pytest.mark.usefixtures("history")
async def test_it_needs_as_much_as_the_tables_and_their_largest_part(analytics: Analytics) -> None:
    size = await needed(analytics)
    assert size > 0
    assert await require_history_room(SmallDisk(analytics, size))
    with pytest.raises(NoRoom) as refused:
        await require_history_room(SmallDisk(analytics, 0))
    facts = refused.value.facts
    assert facts == {"what": "clickhouse", "needed_bytes": size, "free_bytes": 0}


async def test_kept_tables_make_room(
    sqlite_journal: SqliteJournal, analytics: Analytics, history: HistoryService
) -> None:
    rebuilding = HistoryRebuilding(sqlite_journal, analytics, history)
    assert [line async for line in rebuilding.run()][-1]["switched"]
    with pytest.raises(NoRoom) as refused:
        await require_history_room(SmallDisk(analytics, -1e12))
    assert refused.value.facts["free_bytes"] > -1e12


async def test_no_room_is_a_problem_and_leaves_nothing(
    tables: asyncpg.Pool,
    sqlite_journal: SqliteJournal,
    analytics: Analytics,
    history: HistoryService,
) -> None:
    small = SmallDisk(analytics, 0)
    rebuilding = HistoryRebuilding(sqlite_journal, small, history)
    service = ProjectorService(sqlite_journal, tables, history_rebuilding=rebuilding)
    async with (
        served(app_of(service)) as url,
        aiohttp.ClientSession(url) as session,
        session.post(f"{REBUILD}?only=history") as reply,
    ):
        problem = await reply.json()
    assert (reply.status, problem["code"], problem["what"]) == (507, "no_room", "clickhouse")
    assert not any(name.endswith(NEXT) for (name,) in (await analytics.query(NAMES)).rows)
