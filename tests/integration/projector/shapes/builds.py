"""Runs projectors of builds that need read models of different shapes."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from projector.read_models.postgres.sink import PostgresSink
from projector.service import ProjectorService
from runtime.journal.port import Journal
from runtime.postgres.active_lock import ActiveLock, LockPace
from runtime.postgres.migrations import MIGRATIONS
from runtime.postgres.pools import open_pool
from runtime.postgres.read_models import BuildShape, ShapePlace, list_places, read_shape
from runtime.postgres.shape_lock import ShapeLock
from tests.cells.projector_cell import SMALL

QUICK: Final = LockPace(look_s=0.05, sign_s=0.05, answer_s_max=60.0, silence_s=120.0)
OURS: Final = read_shape(MIGRATIONS)
SHOES: Final = """
    ALTER TABLE read_model.people ADD COLUMN shoe_size integer;
    CREATE INDEX people_by_shoes ON read_model.people (shoe_size);
"""
SPOILS_NAMES: Final = """
    CREATE FUNCTION read_model.spoil() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.name := 'Spoilt';
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER spoil BEFORE INSERT ON read_model.people
        FOR EACH ROW EXECUTE FUNCTION read_model.spoil();
"""
FILLS_THE_DISK: Final = """
    CREATE FUNCTION read_model.fill_the_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE disk_full;
    END
    $$;
    CREATE TRIGGER fill_the_disk BEFORE INSERT ON read_model.people
        FOR EACH ROW EXECUTE FUNCTION read_model.fill_the_disk();
"""


def make_shape(directory: Path, statements: str = SHOES) -> BuildShape:
    """Return the shape of a build that has one more migration, in a new directory."""
    shutil.copytree(MIGRATIONS, directory)
    (directory / "0999_more.sql").write_text(statements)
    return read_shape(directory)


class Build(NamedTuple):
    """A projector, and a pool that finds its tables."""

    service: ProjectorService
    pool: asyncpg.Pool

    async def until_ready(self) -> None:
        """Wait until its tables may be read."""
        while not self.service.ready:
            await asyncio.sleep(0.01)

    async def until_at(self, seq: int) -> None:
        while (await PostgresSink(self.pool).position()).state.seq < seq:
            await asyncio.sleep(0.01)

    async def until_phase(self, phase: str) -> None:
        """Wait until its tables stand still in this phase of being filled."""
        while (self.service.readiness().get("filling") or {}).get("phase") != phase:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_build(
    journal: Journal, dsn: str, shape: BuildShape, **options: Any
) -> AsyncIterator[Build]:
    """Run a projector of this shape. `options` go to the service."""
    shape_lock = ShapeLock(shape, unready=True, pace=QUICK)
    pool = await open_pool(dsn, find_schema=shape_lock.find_schema)
    service = ProjectorService(
        journal,
        pool,
        **{
            "limits": SMALL,
            "dsn": dsn,
            "lock": ActiveLock(pool, "projector", QUICK),
            "shape_lock": shape_lock,
            **options,
        },
    )
    await service.start()
    try:
        yield Build(service, pool)
    finally:
        await service.stop()
        pool.terminate()


async def find_places(pool: asyncpg.Pool) -> dict[str, ShapePlace]:
    """Return where each shape is, by its name."""
    async with pool.acquire() as connection:
        return {place.shape: place for place in await list_places(connection)}
