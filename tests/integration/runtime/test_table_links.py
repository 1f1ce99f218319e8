"""Connections to PostgreSQL that have gone silent are not all tried one by one."""

import asyncio
from typing import Final

import pytest

from runtime.postgres.pools import open_pool
from runtime.postgres.statements import Statements
from runtime.postgres.tables import TablesUnavailable, acquire_connection
from tests.torture.proxy import start_table_link

CONNECTIONS: Final = 6


async def test_after_one_timeout_every_connection_is_a_new_one(postgres_dsn: str) -> None:
    link, through = await start_table_link(postgres_dsn)
    pool = await open_pool(through, size_max=CONNECTIONS, command_timeout_s=1.0)
    at_once = asyncio.Barrier(CONNECTIONS)

    async def ask() -> None:
        async with acquire_connection(pool) as connection:
            await at_once.wait()
            await connection.fetchval("SELECT 1")

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    link.forget()
    failures = 0
    while True:
        try:
            async with acquire_connection(pool) as connection:
                assert await connection.fetchval("SELECT 1") == 1
            break
        except TablesUnavailable:
            failures += 1
    assert failures == 1
    pool.terminate()
    await link.stop()


async def test_after_one_timeout_every_kept_connection_is_a_new_one(postgres_dsn: str) -> None:
    link, through = await start_table_link(postgres_dsn)
    pool = await open_pool(through, size_max=CONNECTIONS, command_timeout_s=1.0)
    statements = Statements(pool)
    await asyncio.gather(*(statements.fetch("SELECT pg_sleep(0.1)") for _ in range(CONNECTIONS)))
    link.forget()
    with pytest.raises(TablesUnavailable):
        await statements.fetch("SELECT 1")
    assert await statements.fetch("SELECT 1")
    await statements.close()
    pool.terminate()
    await link.stop()
