"""Empty tables are filled without the indexes that only reads need, and get them back."""

from typing import Final

import asyncpg
import pytest

from projector.read_models.postgres.filling import Filling
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projector import Projector
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import START
from runtime.postgres.indexes import count_indexes_aside
from tests.cells.projector_cell import SMALL, fold_rows, follow, read_rows, running
from tests.histories.chain import Chain
from tests.histories.random_people import RandomPeople
from tests.waiting import eventually

SELECT_INDEXES: Final = """
    SELECT indexdef FROM pg_indexes
    WHERE schemaname = 'read_model' AND indexdef NOT LIKE 'CREATE UNIQUE%'
"""


async def read_indexes(pool: asyncpg.Pool) -> set[str]:
    return {row["indexdef"] for row in await pool.fetch(SELECT_INDEXES)}


@pytest.fixture
async def chain(sqlite_journal: SqliteJournal) -> Chain:
    """A journal with some records."""
    chain = RandomPeople(3).live(60).chain
    await chain.write_to(sqlite_journal)
    return chain


async def test_indexes_are_aside_while_empty_tables_are_filled(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, chain: Chain
) -> None:
    before = await read_indexes(tables)
    filling = Filling(tables, long_records_min=chain.seq)
    await filling.begin(START, sqlite_journal)
    assert filling.indexes_aside == await count_indexes_aside(tables) > 0
    left = await read_indexes(tables)
    assert any("bookings_of_writer" in one for one in left)
    assert not any("gin" in one for one in left)
    projector = Projector(sqlite_journal, PostgresSink(tables), limits=SMALL)
    async with running(projector):
        await filling.finish(projector)
        assert projector.position.state.seq == chain.seq
    assert filling.indexes_aside == await count_indexes_aside(tables) == 0
    assert await read_indexes(tables) == before
    assert await read_rows(tables) == fold_rows(chain)


async def test_a_short_journal_is_projected_with_the_indexes(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, chain: Chain
) -> None:
    before = await read_indexes(tables)
    filling = Filling(tables, long_records_min=chain.seq + 1)
    await filling.begin(START, sqlite_journal)
    assert not filling.indexes_aside
    assert await read_indexes(tables) == before


async def test_tables_with_rows_keep_their_indexes(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, chain: Chain
) -> None:
    before = await read_indexes(tables)
    sink = PostgresSink(tables)
    await follow(sqlite_journal, sink, chain.seq)
    await Filling(tables, long_records_min=1).begin(await sink.position(), sqlite_journal)
    assert await read_indexes(tables) == before


async def test_a_service_goes_on_with_filling_that_was_cut_short(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, chain: Chain
) -> None:
    before = await read_indexes(tables)
    await Filling(tables, long_records_min=1).begin(START, sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), 5)
    service = ProjectorService(sqlite_journal, tables)
    await service.start()
    await eventually(lambda: service.ready)
    assert service.readiness()["indexes"]
    assert await read_indexes(tables) == before
    await service.stop()
    assert await read_rows(tables) == fold_rows(chain)
