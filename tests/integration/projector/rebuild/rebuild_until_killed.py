"""Rebuilds read models until it comes to a certain point, and goes no further: it waits to be
killed there.

A point is `MODULE NUMBER begun|done`, just before or after that commit of the module, or the name
of a phase. Prints `ready` and waits for a line; prints the point once it is there.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

import projector.read_models.postgres.sink
import projector.read_models.postgres.versions
import projector.rebuild.beside
import projector.shapes.own_shape
import runtime.postgres.indexes
from projector.read_models.groups import GROUPS
from projector.read_models.postgres.filling import Filling
from projector.read_models.project import TABLES
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import transaction
from tests.cells.projector_cell import SMALL
from tests.waiting import eventually

MODULES: Final[dict[str, Any]] = {
    "versions": projector.read_models.postgres.versions,
    "rows": projector.read_models.postgres.sink,
    "indexes": runtime.postgres.indexes,
    "shape": projector.shapes.own_shape,
}
BESIDE: Final[Any] = projector.rebuild.beside


class Points:
    """Counts the commits of each module, and stands still at one of them."""

    def __init__(self, point: str) -> None:
        self._point = point
        self._commits = Counter[str]()

    def watch(self) -> None:
        for name, module in MODULES.items():
            module.transaction = partial(self._transaction, name)

    def pass_by(self, point: str) -> None:
        if point == self._point:
            print(point, flush=True)
            time.sleep(3600)  # Nothing of the process goes on.

    @asynccontextmanager
    async def _transaction(
        self, name: str, pool: asyncpg.Pool
    ) -> AsyncIterator[PoolConnectionProxy]:
        self._commits[name] += 1
        number = self._commits[name]
        async with transaction(pool) as connection:
            yield connection
            self.pass_by(f"{name} {number} begun")
        self.pass_by(f"{name} {number} done")


async def rebuild(journal: Path, dsn: str, what: str, point: str) -> None:
    service = ProjectorService(SqliteJournal(journal), await open_pool(dsn), limits=SMALL, dsn=dsn)
    await service.start()
    await eventually(lambda: service.ready)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    points = Points(point)
    points.watch()
    BESIDE.BESIDE = SMALL
    BESIDE.Filling = partial(Filling, long_records_min=1)
    tables = GROUPS.get(what, TABLES)
    async for line in service.rebuild(tables, rolls_back=what == "kept"):
        points.pass_by(line.get("phase", "result"))


if __name__ == "__main__":
    asyncio.run(rebuild(Path(sys.argv[1]), *sys.argv[2:]))
