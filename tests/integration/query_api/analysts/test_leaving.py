"""A question is broken off once the client that asked it has gone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import pytest

from query_api.analysts import investigation, routes, saved_routes
from query_api.analysts.asking import Asker
from query_api.analysts.saved_questions import SavedQuestions
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.port import ResultSet, SqlParameter
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.process.clock import system_clock
from tests.integration.query_api.analysts.deployed import deployed
from tests.servers.http_server import served
from tests.waiting import WITHIN_S

TOKEN: Final = "a token of the tests"
SQL: Final = "SELECT 1 AS one"
QUESTIONS: Final[dict[str, tuple[str, str, object]]] = {
    "a ready one": ("GET", "?name=request_funnel", None),
    "a ready one with a body": ("POST", "", {"name": "request_funnel"}),
    "one's own": ("POST", "", {"sql": SQL}),
    "one to be saved": ("PUT", "/questions/mine", {"sql": SQL, "title": "One", "description": ""}),
    "one to the history": ("POST", "/history", {"sql": SQL, "by": "Grace", "why": "complaint 17"}),
}


class EndlessAnalytics(ChdbAnalytics):
    """Answers no question, and tells when one begins and when it is given up."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.begun, self.given_up = asyncio.Event(), asyncio.Event()

    async def ask(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self.ask_own(sql)

    async def ask_own(self, sql: str) -> ResultSet:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up.set()
        raise AssertionError(sql)


class EndlessSite(NamedTuple):
    url: str
    analytics: EndlessAnalytics


@pytest.fixture
async def site(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[EndlessSite]:
    async with deployed(tmp_path, postgres_dsn) as found:
        endless = EndlessAnalytics(tmp_path / "endless")
        history = HistoryReads(found.analytics, MIN_POSITION_WAIT_S)
        guard, asker = OperatorGuard(TOKEN), Asker(endless, SavedQuestions(found.pool))
        for router in (
            routes.build_router(asker, endless, history, guard),
            saved_routes.build_router(asker, history, guard, system_clock),
            investigation.build_router(
                found.pool, endless, history, guard=guard, investigators=guard, clock=system_clock
            ),
        ):
            found.app.include_router(router)
        async with served(found.app) as url:
            yield EndlessSite(f"{url}/api/v1/operator/ask", endless)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_given_up_when_its_client_leaves(
    site: EndlessSite, question: str
) -> None:
    method, path, body = QUESTIONS[question]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        asking = asyncio.create_task(session.request(method, site.url + path, json=body))
        async with asyncio.timeout(WITHIN_S):
            await site.analytics.begun.wait()
        asking.cancel()
        await asyncio.wait([asking])
    async with asyncio.timeout(WITHIN_S):
        await site.analytics.given_up.wait()
