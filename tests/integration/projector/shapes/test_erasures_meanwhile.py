"""A person is erased while new read models may not be read yet, and nobody writes the old ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from projector.proof.scratch.checkpoints import VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres import at_rest
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.shapes import own_shape
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.tables import ALLOW_COMPUTING
from runtime.progress.reporting import ReportLine
from tests.cells.projector_cell import read_rows
from tests.histories.erased_life import CANARY, erase_anna, live_until_erasure
from tests.integration.projector.shapes.builds import (
    OURS,
    SPOILS_NAMES,
    find_places,
    make_shape,
    running_build,
)
from tests.waiting import WITHIN_S

UNCLEAN: Final = "SELECT count(*) FROM erasures WHERE erased_seq IS DISTINCT FROM gone_seq"


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    """No test waits longer than this for anything."""
    async with asyncio.timeout(2 * WITHIN_S):
        yield


@pytest.mark.parametrize("phase", ["different", "incomparable"])
async def test_tables_that_stand_still_follow_erasures_and_those_of_before_count(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    phase: str,
) -> None:
    monkeypatch.setattr(at_rest, "LOOK_S", 0.05)
    monkeypatch.setattr(at_rest, "PAUSE_FACTOR", 0)
    chain = live_until_erasure()
    await chain.write_to(sqlite_journal)
    async with running_build(sqlite_journal, postgres_dsn, OURS) as old:
        await old.until_ready()
        await old.until_at(chain.seq)
    (tmp_path / "file").touch()
    nowhere = VerifiedCheckpoints(tmp_path / "file" / "below")
    options = {"checkpoints": nowhere} if phase == "incomparable" else {}
    shape = make_shape(tmp_path / "newer", SPOILS_NAMES)
    async with running_build(sqlite_journal, postgres_dsn, shape, **options) as new:
        await new.until_phase(phase)
        assert CANARY in str(await read_rows(new.pool))
        erase_anna(chain)
        await chain.write_to(sqlite_journal)
        await new.until_at(chain.seq)
        assert CANARY not in str(await read_rows(new.pool))
        assert CANARY in str(await read_rows(tables))
        while new.service.readiness()["erased_on_disk"] != 1 or await new.pool.fetchval(UNCLEAN):
            await asyncio.sleep(0.01)
        assert new.service.readiness()["filling"]["phase"] == phase


@pytest.fixture
async def erased(sqlite_journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal in which somebody was erased, and no cleaner that runs by itself."""

    async def rest(_: DiskCleaner) -> None:
        await asyncio.Event().wait()

    chain = live_until_erasure()
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    monkeypatch.setattr(DiskCleaner, "run", rest)


async def test_texts_of_the_erased_are_off_the_disk_before_anybody_reads(
    erased: None,
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[bool] = []
    clean = DiskCleaner.clean
    shape = make_shape(tmp_path / "newer")

    async def note(cleaner: DiskCleaner) -> bool:
        read.append((await find_places(tables))[shape.name].ready)
        return await clean(cleaner)

    monkeypatch.setattr(DiskCleaner, "clean", note)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()
        assert read == [False]
        assert await new.pool.fetchval(UNCLEAN) == 0


async def test_a_table_that_is_in_use_costs_no_second_comparison(
    erased: None,
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The comparison may have taken hours."""
    results: list[ReportLine] = []
    shape = make_shape(tmp_path / "newer")
    async with tables.acquire() as reading, reading.transaction():
        await reading.execute(ALLOW_COMPUTING)

        async def compare(*arguments: Any, **options: Any) -> AsyncIterator[ReportLine]:
            async with aclosing(verify(*arguments, **options)) as lines:
                async for line in lines:
                    yield line
            results.append(line)
            await reading.execute(f"LOCK TABLE {shape.schema}.people IN ACCESS SHARE MODE")

        monkeypatch.setattr(own_shape, "verify", compare)
        async with running_build(sqlite_journal, postgres_dsn, shape) as new:
            await new.until_ready()
            assert len(results) == 1
            assert await new.pool.fetchval(UNCLEAN) == 1
