"""A query process reads the tables of its own build's shape, or none."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from prometheus_client import REGISTRY

from projector.read_models.postgres.sink import PostgresSink
from projector.shapes.unused_shapes import UnusedShapes
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.active_lock import LockPace
from runtime.postgres.read_models import BuildShape
from runtime.postgres.shape_lock import LOCK_CLASS, ShapeLock
from runtime.process.tasks import end
from tests.cells.projector_cell import follow
from tests.cells.read_side import ReadSide, read_side
from tests.histories.chain import Chain
from tests.histories.erased_life import BORIS, HERS, live_until_erasure
from tests.integration.projector.shapes.builds import (
    OURS,
    QUICK,
    find_places,
    make_shape,
    running_build,
)
from tests.waiting import WITHIN_S

PATH: Final = f"/api/v1/announcement/{HERS}"
FROZEN: Final = LockPace(sign_s=3600.0)
"""Of a process that notices nothing."""
END_LOCKS: Final = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {LOCK_CLASS}
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
ROUNDS: Final = 20


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    """No test waits longer than this for anything."""
    async with asyncio.timeout(2 * WITHIN_S):
        yield


@pytest.fixture
def shape(tmp_path: Path) -> BuildShape:
    """That of a newer build."""
    return make_shape(tmp_path / "newer")


@pytest.fixture
async def chain(tables: asyncpg.Pool, sqlite_journal: SqliteJournal) -> Chain:
    """What our tables show."""
    chain = live_until_erasure()
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    return chain


def count_readers(shape: BuildShape) -> float | None:
    return REGISTRY.get_sample_value("read_models_read", {"shape": shape.name})


async def until(reads: ReadSide, status: int) -> None:
    while (await reads.get(PATH, BORIS)).status != status:
        await asyncio.sleep(0.01)


async def until_ready(reads: ReadSide, **expected: Any) -> None:
    """Wait until /readyz would say this."""
    while not expected.items() <= reads.readiness().items():
        await asyncio.sleep(0.01)


async def test_a_process_that_starts_first_waits_for_its_own_tables(
    postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, shape: BuildShape
) -> None:
    async with (
        read_side(postgres_dsn, shape_lock=ShapeLock(OURS, pace=QUICK)) as old,
        read_side(postgres_dsn, shape_lock=ShapeLock(shape, pace=QUICK)) as new,
    ):
        await until(old, 200)
        await until_ready(new, tables=False, tables_away="not_migrated", read_models=False)
        for _ in range(ROUNDS):
            assert (await new.get(PATH, BORIS)).status == 503
        assert (count_readers(OURS), count_readers(shape)) == (1, 0)
        async with running_build(sqlite_journal, postgres_dsn, shape):
            await until(new, 200)
            await until_ready(new, tables=True, read_models=True, shape=shape.name)
            assert (count_readers(OURS), count_readers(shape)) == (1, 1)
            chain.commit({"type": "person.seen.v1", "person_id": BORIS, "name": "Boris II"})
            await chain.write_to(sqlite_journal)
            seen = await new.get(f"{PATH}?min_position={chain.seq}", BORIS)
            assert (seen.status, seen.position) == (200, chain.seq)
            assert (await old.get(PATH, BORIS)).position < chain.seq


async def test_tables_that_are_not_compared_yet_are_not_read(
    postgres_dsn: str, tables: asyncpg.Pool, chain: Chain
) -> None:
    await tables.execute("UPDATE public.read_models SET ready_at = NULL")
    async with read_side(postgres_dsn, shape_lock=ShapeLock(OURS, pace=QUICK)) as reads:
        for _ in range(ROUNDS):
            assert (await reads.get(PATH, BORIS)).status == 503
        await tables.execute("UPDATE public.read_models SET ready_at = now()")
        await until(reads, 200)


async def test_a_process_that_lost_its_lock_takes_it_again(
    postgres_dsn: str, tables: asyncpg.Pool, chain: Chain
) -> None:
    async with read_side(postgres_dsn, shape_lock=ShapeLock(OURS, pace=QUICK)) as reads:
        await until_ready(reads, read_models=True)
        assert await tables.fetchval(END_LOCKS) == 1
        await until_ready(reads, read_models=False)
        await until_ready(reads, read_models=True)
        assert await tables.fetchval(END_LOCKS) == 1


async def test_a_process_whose_tables_were_dropped_shows_no_others(
    postgres_dsn: str,
    tables: asyncpg.Pool,
    sqlite_journal: SqliteJournal,
    chain: Chain,
    shape: BuildShape,
) -> None:
    async with (
        read_side(postgres_dsn, shape_lock=ShapeLock(OURS, pace=FROZEN)) as reads,
        running_build(sqlite_journal, postgres_dsn, shape) as new,
    ):
        await until(reads, 200)
        await new.until_ready()
        await tables.execute(END_LOCKS)  # The new projector takes its own again.
        dropping = asyncio.create_task(UnusedShapes(new.pool, shape.name, 0.0, 0.01).run())
        while OURS.name in await find_places(new.pool):
            await asyncio.sleep(0.01)
        await end(dropping)
        await until(reads, 503)
        for _ in range(ROUNDS):
            assert (await reads.get(PATH, BORIS)).status == 503
        await until_ready(reads, tables=False, tables_away="not_migrated")
