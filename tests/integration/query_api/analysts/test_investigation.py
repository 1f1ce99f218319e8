"""Whoever asks the history itself needs a token of their own, and leaves a record."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from launcher.servers.clickhouse import ClickHouseServer
from query_api.analysts.investigation import build_router
from query_api.analysts.questions import version_of
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics, QueryRefused
from runtime.clickhouse.server import ServerAnalytics
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.postgres.pools import open_pool
from runtime.process.clock import system_clock
from tests.integration.query_api.analysts.deployed import Reply, deployed, send
from tests.servers.http_server import served

OPERATOR: Final = "the operator's token of the tests"
INVESTIGATOR: Final = "the investigators' token of the tests"
PATH: Final = "/api/v1/operator/ask/history"
ASKED: Final = {
    "sql": "SELECT DISTINCT author_id FROM events WHERE author_id = 'ada'",
    "by": "Grace",
    "why": "complaint 17",
}


class HistorySite:
    """A query process with the rights that it has when deployed."""

    def __init__(self, url: str, session: aiohttp.ClientSession, pool: asyncpg.Pool) -> None:
        self._url = url
        self._session = session
        self.pool = pool

    async def send(self, method: str, token: str, body: Any = None, query: str = "") -> Reply:
        return await send(self._session, method, f"{self._url}{PATH}{query}", token, body)


@pytest.fixture
async def site(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[HistorySite]:
    async with deployed(tmp_path, postgres_dsn) as found:
        found.app.include_router(
            build_router(
                found.pool,
                found.analytics,
                HistoryReads(found.analytics, MIN_POSITION_WAIT_S),
                guard=OperatorGuard(OPERATOR),
                investigators=OperatorGuard(INVESTIGATOR),
                clock=system_clock,
            )
        )
        async with served(found.app) as url, aiohttp.ClientSession() as session:
            yield HistorySite(url, session, found.pool)


async def test_an_investigator_reads_the_history_and_is_recorded(site: HistorySite) -> None:
    before = system_clock()
    answer = await site.send("POST", INVESTIGATOR, ASKED)
    assert answer.status == 200, answer.body
    assert answer.body["rows"] == [["ada"]]
    assert answer.body["version"] == version_of(ASKED["sql"])
    listed = await site.send("GET", OPERATOR)
    (use,) = listed.body
    assert {name: use[name] for name in ASKED} == ASKED
    assert use["at"] >= before.isoformat()[:19]


async def test_what_is_refused_is_recorded_as_well(site: HistorySite) -> None:
    refused = await site.send("POST", INVESTIGATOR, ASKED | {"sql": "DROP TABLE events"})
    assert (refused.status, refused.body["code"]) == (422, "malformed_query")
    assert [one["sql"] for one in (await site.send("GET", OPERATOR)).body] == ["DROP TABLE events"]


async def test_neither_token_does_the_others_work(site: HistorySite) -> None:
    assert (await site.send("POST", OPERATOR, ASKED)).status == 401
    assert (await site.send("GET", INVESTIGATOR)).status == 401
    assert (await site.send("GET", OPERATOR)).body == []


@pytest.mark.parametrize("missing", [{"by": ""}, {"why": "  "}, {"by": "a\nb"}, {"sql": "\x00"}])
async def test_a_question_without_a_name_or_a_reason_is_refused(
    site: HistorySite, missing: dict[str, str]
) -> None:
    refused = await site.send("POST", INVESTIGATOR, ASKED | missing)
    assert (refused.status, refused.body["code"]) == (422, "malformed_body")


async def test_nothing_runs_that_cannot_be_recorded(site: HistorySite, postgres_dsn: str) -> None:
    owner = await open_pool(postgres_dsn)
    await owner.execute("DROP TABLE access.uses_of_history")
    assert (await site.send("POST", INVESTIGATOR, ASKED)).status in (500, 503)
    owner.terminate()


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM access.uses_of_history", "UPDATE access.uses_of_history SET why = 'nothing'"],
)
async def test_the_query_service_cannot_change_the_record(
    site: HistorySite, statement: str
) -> None:
    async with site.pool.acquire() as connection:
        await connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_the_record_comes_page_by_page(site: HistorySite) -> None:
    for why in ("one", "two", "three"):
        await site.send("POST", INVESTIGATOR, ASKED | {"why": why})
    first = (await site.send("GET", OPERATOR, query="?limit=2")).body
    rest = (await site.send("GET", OPERATOR, query=f"?limit=2&cursor={first[-1]['id']}")).body
    assert [one["why"] for one in (*first, *rest)] == ["three", "two", "one"]


async def test_the_shipped_account_reads_the_history_and_does_nothing_else(
    clickhouse_dsn: str, own_clickhouse_server: ClickHouseServer
) -> None:
    assert clickhouse_dsn
    analytics: Analytics = ServerAnalytics(
        own_clickhouse_server.dsn, analyst_dsn=own_clickhouse_server.investigator_dsn
    )
    await migrate(analytics)
    assert (await analytics.ask_own("SELECT count() FROM events")).rows == [(0,)]
    with pytest.raises(QueryRefused):
        await analytics.ask("DROP TABLE events")
    await analytics.close()
