"""Single statements run on connections that are kept, and replaced when they are lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest

from runtime.postgres.pools import open_reading_pool
from runtime.postgres.statements import Statements
from runtime.postgres.tables import TablesUnavailable, acquire_connection

CONNECTIONS: Final = 4
KEPT: Final = 1
OWN_PID: Final = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_reading_pool(postgres_dsn, size_max=CONNECTIONS)
    yield opened
    opened.terminate()


@pytest.fixture
def statements(pool: asyncpg.Pool) -> Statements:
    return Statements(pool)


async def _own_pid(statements: Statements) -> int:
    (row,) = await statements.fetch(OWN_PID)
    return int(row["pid"])


async def test_a_connection_is_kept_and_others_stay_free(
    pool: asyncpg.Pool, statements: Statements
) -> None:
    found = await asyncio.gather(*(_own_pid(statements) for _ in range(5)))
    assert len(set(found)) == KEPT
    async with asyncio.TaskGroup() as group:
        together = asyncio.Barrier(CONNECTIONS - KEPT)
        for _ in range(CONNECTIONS - KEPT):
            group.create_task(_hold(pool, together))
    await statements.close()
    assert pool.get_idle_size() == pool.get_size()


async def _hold(pool: asyncpg.Pool, together: asyncio.Barrier) -> None:
    async with acquire_connection(pool):
        await together.wait()


async def test_a_lost_connection_is_replaced(pool: asyncpg.Pool, statements: Statements) -> None:
    lost = await _own_pid(statements)
    await pool.fetchval("SELECT pg_terminate_backend($1, 10000)", lost)
    assert await _next_pid(statements) != lost


async def _next_pid(statements: Statements) -> int:
    """Return the next connection's. Whether the loss is known before is a matter of time."""
    try:
        return await _own_pid(statements)
    except TablesUnavailable:
        return await _own_pid(statements)


async def test_a_refused_statement_does_no_harm(pool: asyncpg.Pool, statements: Statements) -> None:
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await statements.fetch("SELECT no_function()")
    assert await _own_pid(statements)
    assert pool.get_size() <= KEPT + 1


async def test_a_cancelled_statement_leaves_its_turn_to_the_next(statements: Statements) -> None:
    slow = asyncio.create_task(statements.fetch("SELECT pg_sleep(60)"))
    waiting = asyncio.create_task(_own_pid(statements))
    await asyncio.sleep(0)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await waiting
