"""No process keeps a transaction open for long in which it asks nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from runtime.postgres.pools import open_pool, open_reading_pool
from runtime.postgres.tables import ALLOW_COMPUTING

BOUND = "SELECT current_setting('idle_in_transaction_session_timeout')::interval"


async def open_for_writing(dsn: str) -> asyncpg.Pool:
    return await open_pool(dsn, size_max=1)


async def open_for_reading(dsn: str) -> asyncpg.Pool:
    return await open_reading_pool(dsn, size_max=1)


@pytest.mark.parametrize("open_one", [open_for_writing, open_for_reading])
async def test_only_a_transaction_that_says_that_it_computes_may_be_idle_for_long(
    bare_postgres_dsn: str, open_one: Callable[[str], Awaitable[asyncpg.Pool]]
) -> None:
    pool = await open_one(bare_postgres_dsn)
    async with pool.acquire() as connection:
        async with connection.transaction():
            assert await connection.fetchval(BOUND) == timedelta(seconds=5)
            await connection.execute(ALLOW_COMPUTING)
            assert await connection.fetchval(BOUND) == timedelta(minutes=30)
        assert await connection.fetchval(BOUND) == timedelta(seconds=5)
    await pool.close()
