"""Migrations: once, in order, whole or not at all, and never edited. And our types."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from runtime.migration_files import MigrationEdited
from runtime.postgres.migrations import migrate, missing_migrations
from runtime.postgres.pools import open_pool
from tests.cells.projector_cell import uuid_text


@pytest.fixture
async def pool(bare_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(bare_postgres_dsn)
    yield pool
    pool.terminate()


async def exists(pool: asyncpg.Pool, table: str) -> bool:
    return await pool.fetchval("SELECT to_regclass($1)::text", table) is not None


async def test_files_are_applied_in_order_and_once_however_many_ask(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "0002_b.sql").write_text("INSERT INTO a VALUES (1);")
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    applied = await asyncio.gather(*(migrate(pool, tmp_path) for _ in range(4)))
    assert sorted(applied) == [[], [], [], ["0001_a.sql", "0002_b.sql"]]
    assert await pool.fetchval("SELECT count(*) FROM a") == 1


async def test_what_is_missing_can_be_asked_for_without_changing_anything(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    assert await missing_migrations(pool, tmp_path) == ["0001_a.sql"]
    assert not await exists(pool, "public.schema_migrations")
    await migrate(pool, tmp_path)
    (tmp_path / "0002_b.sql").write_text("CREATE TABLE b (x integer);")
    assert await missing_migrations(pool, tmp_path) == ["0002_b.sql"]
    assert not await exists(pool, "b")


async def test_an_edited_file_is_refused_before_anything_is_applied(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    await migrate(pool, tmp_path)
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x bigint);")
    (tmp_path / "0002_b.sql").write_text("CREATE TABLE b (x integer);")
    with pytest.raises(MigrationEdited):
        await migrate(pool, tmp_path)
    assert not await exists(pool, "b")


async def test_a_failing_file_leaves_nothing_of_itself(pool: asyncpg.Pool, tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(pool, tmp_path)
    assert not await exists(pool, "a")
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    assert await migrate(pool, tmp_path) == ["0001_a.sql"]


async def test_ids_are_text_and_json_is_values_in_both_directions(pool: asyncpg.Pool) -> None:
    row = await pool.fetchrow(
        "SELECT $1::uuid[] AS ids, $2::jsonb AS facts", [uuid_text(1)], {"a": [1, None]}
    )
    assert row is not None
    assert (row["ids"], row["facts"]) == ([uuid_text(1)], {"a": [1, None]})
