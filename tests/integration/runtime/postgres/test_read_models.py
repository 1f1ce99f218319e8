"""`public.read_models` says whose tables are in `read_model`, and migrations leave others alone."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from runtime.postgres import migrations
from runtime.postgres.migrations import MIGRATIONS, migrate, missing_migrations
from runtime.postgres.pools import READ_MODEL, open_pool
from runtime.postgres.read_models import BEFORE, ShapePlace, list_places, note_unready, read_shape

OWN: Final = ShapePlace(read_shape(MIGRATIONS).name, READ_MODEL, ready=True)
COLUMNS: Final = """
    SELECT count(*) FROM information_schema.columns
    WHERE table_schema = 'read_model' AND column_name = 'shoe_size'
"""
SUMS: Final = "SELECT to_regclass('access.sums') IS NOT NULL"


@pytest.fixture
async def pool(bare_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(bare_postgres_dsn)
    yield pool
    pool.terminate()


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The migrations of a newer build, which needs another column and a table of its own."""
    directory = tmp_path / "newer"
    shutil.copytree(MIGRATIONS, directory)
    (directory / "0998_shoes.sql").write_text(
        "ALTER TABLE read_model.people ADD COLUMN shoe_size integer"
    )
    (directory / "0999_access_sums.sql").write_text("CREATE TABLE access.sums (sum integer)")
    return directory


async def places(pool: asyncpg.Pool) -> list[ShapePlace]:
    async with pool.acquire() as connection:
        return await list_places(connection)


async def forget_shapes(pool: asyncpg.Pool) -> None:
    """Leave the database as a build does that knows of no shapes."""
    await pool.execute("DROP TABLE public.read_models")


async def test_the_first_shape_of_a_database_is_made_by_its_migrations(pool: asyncpg.Pool) -> None:
    assert await places(pool) == []
    assert await migrate(pool) == all_names()
    assert await places(pool) == [OWN]
    assert await migrate(pool) == []


def all_names() -> list[str]:
    return sorted(path.name for path in MIGRATIONS.glob("*.sql"))


async def test_a_first_shape_that_was_cut_short_is_finished(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(migrations, "note_ready", fail)
        with pytest.raises(ZeroDivisionError):
            await migrate(pool)
    assert await places(pool) == [OWN._replace(ready=False)]
    assert await migrate(pool)
    assert await places(pool) == [OWN]


async def test_tables_that_may_not_be_read_for_now_are_not_let_be_read(
    pool: asyncpg.Pool, newer: Path
) -> None:
    await migrate(pool)
    async with pool.acquire() as connection:
        await note_unready(connection, OWN.shape, OWN.schema)
    assert await migrate(pool) == []
    assert await migrate(pool, newer) == ["0999_access_sums.sql"]
    assert await places(pool) == [OWN._replace(ready=False)]


async def test_tables_that_an_earlier_build_made_are_adopted_if_they_are_the_same(
    pool: asyncpg.Pool,
) -> None:
    await migrate(pool)
    await forget_shapes(pool)
    assert await missing_migrations(pool) == []
    assert await migrate(pool) == []
    assert await places(pool) == [OWN]


async def test_other_tables_of_an_earlier_build_are_left_as_they_are(
    pool: asyncpg.Pool, newer: Path
) -> None:
    await migrate(pool)
    await forget_shapes(pool)
    assert await migrate(pool, newer) == ["0999_access_sums.sql"]
    assert await places(pool) == [ShapePlace(BEFORE, READ_MODEL, ready=True)]
    assert await pool.fetchval(COLUMNS) == 0
    assert await migrate(pool, newer) == []


async def test_a_newer_build_changes_no_read_models_in_their_place(
    pool: asyncpg.Pool, newer: Path
) -> None:
    await migrate(pool)
    assert await missing_migrations(pool, newer) == ["0999_access_sums.sql"]
    assert await migrate(pool, newer) == ["0999_access_sums.sql"]
    assert await places(pool) == [OWN]
    assert await pool.fetchval(COLUMNS) == 0
    assert await pool.fetchval(SUMS)


async def test_the_schema_of_the_first_shape_is_not_made_twice(pool: asyncpg.Pool) -> None:
    await migrate(pool)
    await pool.execute("DROP SCHEMA read_model CASCADE; DELETE FROM public.read_models")
    assert await migrate(pool) == []
    assert await places(pool) == []
    await forget_shapes(pool)
    assert await migrate(pool) == []
    assert await places(pool) == []


async def test_connections_find_the_read_models_where_they_are_now(
    pool: asyncpg.Pool, bare_postgres_dsn: str
) -> None:
    await migrate(pool)
    found: list[str | None] = [None]
    moving = await open_pool(bare_postgres_dsn, find_schema=lambda: found[0])
    with pytest.raises(asyncpg.UndefinedTableError):
        await moving.fetch("SELECT FROM people")
    found[0] = READ_MODEL
    await moving.expire_connections()
    assert await moving.fetch("SELECT FROM people") == []
    moving.terminate()
