"""What a query process has when deployed: a history, and PostgreSQL with the rights of its role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import asyncpg
from fastapi import FastAPI

from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate
from runtime.http.problems import install_problems
from runtime.journal.tail import START
from runtime.postgres.pools import open_pool
from runtime.postgres.roles import SERVICES, dsn_of_role, grant_roles
from tests.histories.stated import evenings_in_march

PASSWORD: Final = "a password of the tests"


class Deployed(NamedTuple):
    analytics: ChdbAnalytics
    """The evenings of March."""
    owner: asyncpg.Pool
    pool: asyncpg.Pool
    """With the rights of the query service."""
    app: FastAPI
    """Without routes."""


class Reply(NamedTuple):
    status: int
    body: Any


@asynccontextmanager
async def deployed(directory: Path, postgres_dsn: str) -> AsyncIterator[Deployed]:
    """Open what a query process has."""
    analytics = ChdbAnalytics(directory / "clickhouse")
    await migrate(analytics)
    await ClickHouseSink(analytics).write(block_of(evenings_in_march().commits), START)
    owner = await open_pool(postgres_dsn)
    await grant_roles(owner, dict.fromkeys(SERVICES, PASSWORD))
    pool = await open_pool(dsn_of_role(postgres_dsn, "query_api", PASSWORD))
    app = FastAPI()
    install_problems(app)
    yield Deployed(analytics, owner, pool, app)
    pool.terminate()
    owner.terminate()
    await analytics.close()


async def send(
    session: aiohttp.ClientSession, method: str, url: str, token: str, body: Any, **headers: str
) -> Reply:
    """Send a request with this bearer token. Returns status and body of the answer."""
    headers["Authorization"] = f"Bearer {token}"
    async with session.request(method, url, headers=headers, json=body) as response:
        return Reply(response.status, await response.json(content_type=None))
