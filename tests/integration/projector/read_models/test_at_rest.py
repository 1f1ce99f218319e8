"""Nothing of what erased people wrote is left in the files of PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from launcher.servers.postgres import PostgresServer
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.sink import PostgresSink
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import TablesUnavailable
from tests.at_rest import find_files_with
from tests.cells.projector_cell import follow
from tests.histories.erased_life import (
    CANARY,
    erase_anna,
    live_until_erasure,
    write_what_reads_do_not_show,
)
from tests.waiting import POLL_S, WITHIN_S


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
        await reading.fetch("SELECT FROM read_model.people")
        with pytest.raises(TablesUnavailable):
            await DiskCleaner(tables).clean()
    await clean_at_last(DiskCleaner(tables))


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
