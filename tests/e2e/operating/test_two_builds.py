"""A build that needs other read models works beside the one before, until that one is replaced."""

import asyncio
import signal
from pathlib import Path
from typing import Any, Final

import asyncpg

from launcher.servers import kafka
from runtime.postgres.pools import READ_MODEL
from runtime.postgres.read_models import read_shape
from tests.cells.embedded import SEPARATE, confirm_guest, run_system
from tests.compose.traffic import Traffic
from tests.conftest import unavailable
from tests.e2e.operating.builds import TrafficReader, copy_code
from tests.e2e.operating.witness import command, find_postgres
from tests.waiting import within

SHOES: Final = """
    ALTER TABLE read_model.people ADD COLUMN shoe_size integer;
    CREATE INDEX people_by_shoes ON read_model.people (shoe_size);
"""
SCHEMAS: Final = """
    SELECT nspname FROM pg_namespace WHERE nspname LIKE 'read\\_model%' ORDER BY nspname
"""
DROPPED_S_MAX: Final = 180.0
"""A shape goes once nobody has used it for a minute."""


async def find_schemas(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["nspname"] for row in await connection.fetch(SCHEMAS)]
    finally:
        await connection.close()


def shapes_of(ready: dict[str, Any]) -> dict[str, str]:
    """Return the shape of each process, by its name."""
    return {
        name.removesuffix(".shape"): value
        for name, value in ready.items()
        if name.endswith(".shape")
    }


async def test_two_builds_work_side_by_side(tmp_path: Path) -> None:
    if reason := kafka.why_unavailable():
        unavailable(reason)
    root = copy_code(tmp_path / "code")
    environment = {**SEPARATE, "PRACTIX_PROCESSES": "2", "PYTHONPATH": str(root)}
    async with run_system(tmp_path / "data", **environment) as system:
        await confirm_guest(system)
        dsn = find_postgres(system.data)
        assert await find_schemas(dsn) == [READ_MODEL]
        before = read_shape(root / "migrations" / "postgres").name
        (root / "migrations" / "postgres" / "0999_shoes.sql").write_text(SHOES)
        after = read_shape(root / "migrations" / "postgres")
        traffic = Traffic(system.session, system.url)
        reader = TrafficReader(system, await system.token("boris"))
        seen: set[frozenset[str]] = set()
        async with reader.reading(), traffic.flowing():
            await traffic.progress()
            system.process.send_signal(signal.SIGUSR1)
            replaced = asyncio.create_task(system.read_until("processes were replaced"))
            while not replaced.done():
                ready = await system.get("/readyz", expect=None) or {}
                seen.add(frozenset(shapes_of(ready).values()))
                await asyncio.sleep(0.05)
            assert (await replaced).startswith("all")
            await traffic.progress()
        assert (traffic.lost, reader.failed) == ([], [])
        assert reader.answered > 100
        assert frozenset({before, after.name}) in seen
        await traffic.demand_all_readable(await system.token("anna"))
        await system.ready()
        shapes = shapes_of(await system.get("/readyz", expect=None))
        assert set(shapes.values()) == {after.name}
        assert len(shapes) == 4
        assert (await command(system, "verify"))["ok"]
        async for _ in within(DROPPED_S_MAX):
            if await find_schemas(dsn) == [after.schema]:
                break
        assert (await command(system, "verify"))["ok"]
        assert await system.get("/api/v1/announcements", await system.token("anna"))
