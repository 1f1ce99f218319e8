"""A projector that is killed at any point of a rebuild leaves the live tables as they were, or
switched; reads go on, nobody is told anything, and the next rebuild works."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from contracts.errors import AlreadyRunning
from projector.read_models.groups import GROUPS
from projector.read_models.postgres.versions import KEPT, NEXT
from projector.read_models.project import TABLES
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import read_rows
from tests.cells.read_side import ReadSide
from tests.histories.random_people import RandomPeople
from tests.integration.projector.rebuild.rebuilt import (
    caught_up,
    exists,
    rebuilt,
    service_of,
)
from tests.paths import ROOT
from tests.waiting import WITHIN_S

SCRIPT: Final = "tests.integration.projector.rebuild.rebuild_until_killed"
FILLING: Final = (
    "versions 1 begun",  # The next version is made, or the kept one opened.
    "versions 1 done",
    "rows 1 begun",
    "rows 2 done",
    "indexes 1 done",  # Indexes are set aside, and made again.
    "indexes 3 begun",
    "journal",
    "bookings",
)
SWITCHING: Final = (
    "versions 2 begun",
    "versions 2 done",
    "versions 3 begun",  # What is left of the next version is dropped.
    "versions 3 done",
)
LOOKS: Final = "SELECT announcement_id, author_id FROM announcements ORDER BY 1 LIMIT 5"


class Reader:
    """Somebody who looks at announcements all the time, and must always get the same answer."""

    def __init__(self, reads: ReadSide, looks: list[tuple[str, str]]) -> None:
        self._reads = reads
        self._looks = looks
        self.answers = 0

    async def look(self) -> list[Any]:
        found = []
        for announcement_id, author_id in self._looks:
            reply = await self._reads.get(f"/api/v1/announcement/{announcement_id}", author_id)
            assert reply.status == 200, reply
            found.append(reply.body)
            self.answers += 1
        return found

    async def look_for_ever(self) -> None:
        first = await self.look()
        while True:
            assert await self.look() == first
            await asyncio.sleep(0.01)


@asynccontextmanager
async def looking_on(reader: Reader) -> AsyncIterator[asyncio.Task[None]]:
    """Let the reader look meanwhile. Raises what went wrong for it."""
    looking = asyncio.create_task(reader.look_for_ever())
    try:
        yield looking
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


@asynccontextmanager
async def listening(tables: asyncpg.Pool) -> AsyncIterator[list[Any]]:
    """Gather the positions that waiting reads are told meanwhile."""
    told: list[Any] = []

    def note(*notice: Any) -> None:
        told.append(notice[3])

    async with tables.acquire() as connection:
        await connection.add_listener("projected", note)
        try:
            yield told
        finally:
            await connection.remove_listener("projected", note)


@asynccontextmanager
async def killed_at(
    point: str, what: str, journal: Path, dsn: str, tables: asyncpg.Pool
) -> AsyncIterator[None]:
    """Let a projector rebuild to this point. It is killed at the end of the block."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", SCRIPT, str(journal), dsn, what, point),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        async with asyncio.timeout(WITHIN_S):
            assert await child.stdout.readline() == b"ready\n"
            assert not await exists(tables, NEXT)  # Nothing is left of the one before.
            child.stdin.write(b"go\n")
            assert (await child.stdout.readline()).decode() == f"{point}\n"
        yield
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


@pytest.mark.parametrize(
    ("what", "points"),
    [
        ("all", (*FILLING, *SWITCHING)),
        ("announcements", (*FILLING, *SWITCHING)),
        ("kept", ("versions 1 begun", "versions 1 done", "journal", *SWITCHING[:2])),
    ],
)
async def test_reads_go_on_and_the_next_rebuild_works(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    reads: ReadSide,
    what: str,
    points: tuple[str, ...],
) -> None:
    chain = RandomPeople(31).live(150).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        if what == "kept":
            assert (await rebuilt(service))["switched"]
    rows = await read_rows(tables)
    reader = Reader(reads, [(str(one), str(by)) for one, by in await tables.fetch(LOOKS)])
    journal = tmp_path / "journal.db"
    async with listening(tables) as told, looking_on(reader) as looking:
        for point in points:
            async with killed_at(point, what, journal, postgres_dsn, tables):
                rival = ProjectorService(sqlite_journal, tables, dsn=postgres_dsn)
                with pytest.raises(AlreadyRunning, match="rebuild_running"):
                    await anext(rival.rebuild())
            assert await read_rows(tables) == rows, point
            assert not looking.done(), point
        async with service_of(sqlite_journal, tables, postgres_dsn) as service:
            await caught_up(service, chain)
            assert not await exists(tables, NEXT)
            assert await exists(tables, KEPT)  # It was killed after it had switched.
            assert (await rebuilt(service, rolls_back=True))["switched"]
            assert (await rebuilt(service, GROUPS.get(what, TABLES)))["switched"]
            verified = [line async for line in service.verify()][-1]
            assert verified["ok"], verified
        assert await read_rows(tables) == rows
        assert reader.answers > len(points)
        assert told == []
