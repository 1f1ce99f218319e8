"""Read models that nobody uses any more are dropped, and no others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.versions import WRITER, lock_of_writer
from projector.shapes.unused_shapes import UnusedShapes
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres import active_lock, shape_lock
from runtime.postgres.pools import READ_MODEL, open_pool
from runtime.postgres.read_models import BEFORE, BuildShape, ShapePlace, note_ready, register
from tests.cells.projector_cell import follow
from tests.histories.erased_life import erase_anna, live_until_erasure
from tests.histories.random_people import RandomPeople
from tests.integration.projector.rebuild.rebuilt import exists
from tests.integration.projector.shapes.builds import (
    OURS,
    find_places,
    make_shape,
    running_build,
)
from tests.waiting import WITHIN_S

SHARED: Final = f"SELECT pg_advisory_lock_shared({shape_lock.LOCK_CLASS}, hashtext($1))"
ACTIVE: Final = f"SELECT pg_advisory_lock({active_lock.LOCK_CLASS}, hashtext($1))"
ROUNDS: Final = 20


@pytest.fixture
def shape(tmp_path: Path) -> BuildShape:
    """That of a newer build."""
    return make_shape(tmp_path / "newer")


@pytest.fixture
async def beside(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal, shape: BuildShape
) -> BuildShape:
    """Ready tables of that shape, beside ours. Nobody uses either."""
    await RandomPeople(3).live(30).chain.write_to(sqlite_journal)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        while not new.service.ready:
            await asyncio.sleep(0.01)
    return shape


@asynccontextmanager
async def dropping(
    tables: asyncpg.Pool, own: BuildShape, unused_s: float = 0.0
) -> AsyncIterator[asyncio.Task[None]]:
    task: asyncio.Task[None] = asyncio.create_task(
        UnusedShapes(tables, own.name, unused_s, look_s=0.01).run()
    )
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_dropped(tables: asyncpg.Pool, name: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while name in await find_places(tables):
            await asyncio.sleep(0.01)


async def look_often(tables: asyncpg.Pool) -> None:
    """Let the dropper look many times."""
    for _ in range(ROUNDS):
        await tables.fetchval("SELECT pg_sleep(0.02)")


async def test_a_shape_that_nobody_uses_goes_with_its_versions(
    tables: asyncpg.Pool, beside: BuildShape
) -> None:
    await tables.execute("CREATE SCHEMA read_model_kept; CREATE SCHEMA read_model_next")
    async with dropping(tables, beside):
        await until_dropped(tables, OURS.name)
    for schema in (READ_MODEL, "read_model_kept", "read_model_next"):
        assert not await exists(tables, schema)
    assert await exists(tables, beside.schema)


@pytest.mark.parametrize(
    ("lock", "name"),
    [(SHARED, OURS.name), (ACTIVE, WRITER)],
    ids=["process of the shape", "projector that knows no shapes"],
)
async def test_a_shape_that_somebody_uses_stays(
    tables: asyncpg.Pool, postgres_dsn: str, beside: BuildShape, lock: str, name: str
) -> None:
    process = await asyncpg.connect(postgres_dsn)
    await process.execute(lock.replace("$1", f"'{name}'"))
    async with dropping(tables, beside):
        await look_often(tables)
        assert await exists(tables, READ_MODEL)
        await process.close()
        await until_dropped(tables, OURS.name)


async def test_it_stays_for_a_while_after_its_last_use(
    tables: asyncpg.Pool, beside: BuildShape
) -> None:
    async with dropping(tables, beside, unused_s=3600.0):
        await look_often(tables)
        assert await exists(tables, READ_MODEL)


async def test_nothing_is_dropped_for_a_shape_that_is_not_ready(
    tables: asyncpg.Pool, shape: BuildShape
) -> None:
    async with tables.acquire() as connection:
        await register(connection, ShapePlace(shape.name, shape.schema, ready=False))
    async with dropping(tables, shape):
        await look_often(tables)
        assert await exists(tables, READ_MODEL)
        async with tables.acquire() as connection:
            await note_ready(connection, shape.name, shape.schema)
        await until_dropped(tables, OURS.name)


async def test_the_tables_of_a_build_that_knew_no_shapes_are_dropped(
    tables: asyncpg.Pool, beside: BuildShape
) -> None:
    rename = "UPDATE public.read_models SET shape = $1 WHERE shape = $2"
    await tables.execute(rename, BEFORE, OURS.name)
    async with dropping(tables, beside):
        await until_dropped(tables, BEFORE)
    assert not await exists(tables, READ_MODEL)


async def test_the_writer_of_the_first_shape_has_the_lock_that_it_always_had() -> None:
    assert lock_of_writer(READ_MODEL) == "projector"
    assert lock_of_writer("read_model_ab") == "projector read_model_ab"


async def test_an_erasure_is_not_done_while_other_tables_have_the_texts(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal, shape: BuildShape
) -> None:
    chain = live_until_erasure()
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)  # Nobody follows it any further.
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        while not new.service.ready:
            await asyncio.sleep(0.01)
        await new.until_at(chain.seq)
    pool = await open_pool(postgres_dsn, find_schema=lambda: shape.schema)
    cleaner = DiskCleaner(pool)
    async with asyncio.timeout(WITHIN_S):
        while not await cleaner.clean():
            await asyncio.sleep(0.01)
    assert cleaner.pending == 1
    async with dropping(tables, shape):
        await until_dropped(tables, OURS.name)
    assert await cleaner.clean()
    assert cleaner.pending == 0
    pool.terminate()
