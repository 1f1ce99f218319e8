"""Nothing of what erased people wrote is left in the files of PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from launcher.servers.postgres import PostgresServer
from projector.dead_letters import retrying
from projector.read_models.postgres import at_rest
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.sink import PostgresSink
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.postgres.rewriting import rewrite_tables
from runtime.postgres.tables import ALLOW_COMPUTING, TablesUnavailable
from runtime.progress.reporting import ReportLine
from tests.at_rest import find_files_with
from tests.cells.projector_cell import fold_rows, follow, read_letters, read_rows
from tests.histories.chain import Chain
from tests.histories.erased_life import (
    CANARY,
    HERS,
    erase_anna,
    live_until_erasure,
    write_what_reads_do_not_show,
)
from tests.integration.projector.dead_letters.older_build import older_build
from tests.integration.projector.rebuild.rebuilt import caught_up, service_of
from tests.waiting import POLL_S, WITHIN_S

WAITING: Final = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
          AND query LIKE '%reader_position FOR UPDATE%')
"""


@pytest.fixture
async def own_tables(tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    """Tables on a server of the test's own, whose files are under `tmp_path / "postgres"`."""
    server = PostgresServer(tmp_path / "postgres")
    await server.start()
    pool = await open_pool(server.dsn)
    await migrate(pool)
    yield pool
    pool.terminate()
    await server.stop()


async def clean_at_last(cleaner: DiskCleaner) -> None:
    """Clean up, as soon as PostgreSQL's own work no longer reads old rows."""
    async with asyncio.timeout(WITHIN_S):
        while not await cleaner.clean():
            await asyncio.sleep(POLL_S)


async def test_no_file_has_a_text_of_the_erased(
    own_tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    chain = live_until_erasure()
    write_what_reads_do_not_show(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(own_tables), chain.seq)
    await own_tables.execute("ANALYZE; CHECKPOINT")
    files = find_files_with(CANARY.encode(), tmp_path / "postgres")
    assert {"base", "pg_wal"} <= {part for path in files for part in path.parts}
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(own_tables), chain.seq)
    cleaner = DiskCleaner(own_tables)
    await clean_at_last(cleaner)
    assert cleaner.pending == 0
    assert find_files_with(CANARY.encode(), tmp_path / "postgres") == []


async def test_a_reader_of_the_old_rows_puts_the_work_off(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_erasure()
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    cleaner = DiskCleaner(tables)
    async with tables.acquire() as reading:
        snapshot = reading.transaction(isolation="repeatable_read", readonly=True)
        await snapshot.start()
        await reading.execute(ALLOW_COMPUTING)
        await reading.fetch("SELECT FROM read_model.reader_position")
        erase_anna(chain)
        await chain.write_to(sqlite_journal)
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)
        assert not await cleaner.clean()
        assert cleaner.pending == 1
        await snapshot.rollback()
    await clean_at_last(cleaner)
    assert cleaner.pending == 0


async def test_a_table_that_is_in_use_for_long_is_not_waited_for(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_erasure()
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    async with tables.acquire() as reading, reading.transaction():
        await reading.execute(ALLOW_COMPUTING)
        await reading.fetch("SELECT FROM read_model.people")
        with pytest.raises(TablesUnavailable):
            await DiskCleaner(tables).clean()
    await clean_at_last(DiskCleaner(tables))


async def test_whoever_cleans_while_others_do_waits_for_them(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two that rewrite one table, the second gives up soon."""
    chain = live_until_erasure()
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    steps: list[str] = []

    async def rewrite(*arguments: Any) -> bool:
        steps.append("begun")
        rewritten = await rewrite_tables(*arguments)
        steps.append("done")
        return rewritten

    monkeypatch.setattr(at_rest, "rewrite_tables", rewrite)
    cleaner = DiskCleaner(tables)
    await asyncio.gather(clean_at_last(cleaner), clean_at_last(cleaner))
    assert set(zip(steps[::2], steps[1::2], strict=True)) == {("begun", "done")}


async def test_who_is_erased_again_is_cleaned_up_again(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_erasure()
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    await clean_at_last(DiskCleaner(tables))
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    pending: list[int] = []
    await clean_at_last(DiskCleaner(tables, pending.append))
    assert set(pending) == {0, 1}


async def parked_then_erased(tables: asyncpg.Pool, journal: SqliteJournal) -> Chain:
    """Anna is erased while what she wrote about her evening is parked, and the disk is clean."""
    chain = live_until_erasure()
    await chain.write_to(journal)
    with older_build(lambda fields: fields.get("announcement_id") == HERS and "title" in fields):
        await follow(journal, PostgresSink(tables), chain.seq)
    erase_anna(chain)
    await chain.write_to(journal)
    await follow(journal, PostgresSink(tables), chain.seq)
    assert await read_letters(tables)
    await clean_at_last(DiskCleaner(tables))
    return chain


async def rest(_: DiskCleaner) -> None:
    """Clean nothing."""
    await asyncio.Event().wait()


async def retried(service: ProjectorService, *, dry_run: bool) -> ReportLine:
    return [line async for line in service.retry(None, dry_run=dry_run)][-1]


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry", "kept"])
async def test_a_retry_of_what_the_erased_wrote_is_cleaned_up(
    own_tables: asyncpg.Pool,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dry_run: bool,
) -> None:
    monkeypatch.setattr(DiskCleaner, "run", rest)
    chain = await parked_then_erased(own_tables, sqlite_journal)
    assert find_files_with(CANARY.encode(), tmp_path / "postgres") == []
    async with service_of(sqlite_journal, own_tables, "postgresql://unused") as service:
        await caught_up(service, chain)
        assert (await retried(service, dry_run=dry_run))["ok"]
    pending: list[int] = []
    await clean_at_last(DiskCleaner(own_tables, pending.append))
    assert (pending[0], pending[-1]) == (1, 0)
    assert find_files_with(CANARY.encode(), tmp_path / "postgres") == []
    if not dry_run:
        assert await read_rows(own_tables) == fold_rows(chain)


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry", "kept"])
async def test_a_retry_while_the_disk_is_cleaned_is_cleaned_up_next_time(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    monkeypatch: pytest.MonkeyPatch,
    dry_run: bool,
) -> None:
    monkeypatch.setattr(DiskCleaner, "run", rest)
    chain = await parked_then_erased(tables, sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        assert (await retried(service, dry_run=True))["ok"]

        async def rewrite_and_retry(pool: asyncpg.Pool, names: Sequence[str]) -> bool:
            found = await rewrite_tables(pool, names)
            assert (await retried(service, dry_run=dry_run))["ok"]
            return found

        cleaner = DiskCleaner(tables)
        monkeypatch.setattr(at_rest, "rewrite_tables", rewrite_and_retry)
        await cleaner.clean()
        assert cleaner.pending == 1
        monkeypatch.setattr(at_rest, "rewrite_tables", rewrite_tables)
        await clean_at_last(cleaner)
        assert cleaner.pending == 0


async def test_the_disk_is_not_looked_at_in_the_middle_of_a_retry(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a retry will write is not taken for what the cleaner has found and rewritten."""
    monkeypatch.setattr(DiskCleaner, "run", rest)
    chain = await parked_then_erased(tables, sqlite_journal)
    cleaner = DiskCleaner(tables)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        cleaning: list[asyncio.Task[bool]] = []
        rewrites: list[int] = []

        async def rewrite(pool: asyncpg.Pool, names: Sequence[str]) -> bool:
            rewrites.append(1)
            return await rewrite_tables(pool, names)

        async def note_then_clean(pool: asyncpg.Pool, people: Collection[str]) -> None:
            await at_rest.clean_again(pool, people)
            cleaning.append(asyncio.create_task(cleaner.clean()))
            async with asyncio.timeout(WITHIN_S):
                while not await pool.fetchval(WAITING):
                    await asyncio.sleep(POLL_S)
            assert not rewrites

        monkeypatch.setattr(at_rest, "rewrite_tables", rewrite)
        monkeypatch.setattr(retrying, "clean_again", note_then_clean)
        assert (await retried(service, dry_run=True))["ok"]
        await asyncio.gather(*cleaning)
        assert rewrites
