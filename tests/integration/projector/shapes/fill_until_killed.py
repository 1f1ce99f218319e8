"""Fills read models of a new shape until it comes to a certain point, and goes no further: it waits
to be killed there. Prints the point once it is there (`rebuild_until_killed`)."""

import asyncio
import sys
from functools import partial
from pathlib import Path

from projector.read_models.postgres.filling import Filling
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.read_models import read_shape
from tests.cells.projector_cell import SMALL
from tests.integration.projector.rebuild.rebuild_until_killed import BESIDE, Points
from tests.integration.projector.shapes.builds import running_build


async def fill(journal: Path, dsn: str, directory: Path, point: str) -> None:
    Points(point).watch()
    BESIDE.BESIDE = SMALL
    BESIDE.Filling = partial(Filling, long_records_min=1)
    async with running_build(SqliteJournal(journal), dsn, read_shape(directory)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
