"""From a journal into PostgreSQL: once, in order, whatever stops or repeats in between."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import hash_record
from launcher.servers.postgres import PostgresServer
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemorySink
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projections.bookings import BOOKINGS
from projector.read_models.projector import Projector
from projector.service import ProjectorService
from runtime.following.reader import Step
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import START, Position
from runtime.postgres.active_lock import ActiveLock
from runtime.postgres.migrations import MIGRATIONS
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import Fenced, TablesUnavailable
from tests.cells.killed import Killed
from tests.cells.projector_cell import (
    SMALL,
    Dying,
    Rows,
    find_end,
    fold_rows,
    follow,
    read_rows,
    running,
    seen,
)
from tests.histories.chain import BEGIN, Chain
from tests.histories.random_people import RandomPeople, live_until
from tests.waiting import WITHIN_S, eventually

LIVES: Final = 8


@pytest.mark.parametrize("seed", range(3))
async def test_the_tables_are_the_fold_of_the_journal(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, seed: int
) -> None:
    chain = RandomPeople(seed).live(200).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert await read_rows(tables) == fold_rows(chain)


async def test_an_upgrade_finds_out_who_gave_the_reasons_of_before(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    """Migration 0027 comes to what the events say."""
    everybody = {"person", "system", None}
    chain = live_until(lambda chain: _list_reason_givers(chain) == everybody, 300, 3).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    await tables.execute("ALTER TABLE read_model.bookings DROP COLUMN reason_by")
    await tables.execute((MIGRATIONS / "0027_reason_by.sql").read_text())
    assert await read_rows(tables) == fold_rows(chain)


def _list_reason_givers(chain: Chain) -> set[str | None]:
    place = list(BOOKINGS.types).index("reason_by")
    return {row[place] for row in fold_rows(chain)["bookings"].values()}


async def test_the_end_and_the_seats_left_follow_by_themselves(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(5).live(100)
    await people.chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), people.chain.seq)
    rows = await tables.fetch("SELECT * FROM read_model.announcements")
    assert rows
    for row in rows:
        announcement = people.layer.announcements.own[row["announcement_id"]]
        assert row["ends_at"] == announcement.ends_at
        assert row["tickets_left"] == announcement.ticket_count - announcement.taken


async def test_every_record_moves_the_position_and_wakes_who_waits_for_it(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.barrier(BEGIN + timedelta(hours=1))
    told: list[object] = []
    async with tables.acquire() as listening:
        await listening.add_listener("projected", lambda *notice: told.append(notice[3]))
        await chain.write_to(sqlite_journal)
        await follow(sqlite_journal, PostgresSink(tables), 2)
        await eventually(lambda: "2" in told)
        await listening.reset()
    row = await tables.fetchrow("SELECT * FROM read_model.reader_position")
    assert row is not None
    assert (row["reader"], row["seq"]) == ("projector", 2)
    assert row["hash"] == hash_record(chain.payloads[-1])
    assert row["decided_at"] == BEGIN + timedelta(hours=1)


# Interruptions


class FlakySink(PostgresSink):
    """Loses its connection before every third write, and after every other third one."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self._writes = 0

    async def write(self, batch: RowBatch, step: Step) -> None:
        self._writes += 1
        if self._writes % 3 == 1:
            raise TablesUnavailable("cut before the write")
        await super().write(batch, step)
        if self._writes % 3 == 0:
            raise TablesUnavailable("cut before the answer")


async def test_a_write_whose_answer_was_lost_is_not_repeated_and_none_is_missed(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(1).live(60).chain
    await chain.write_to(sqlite_journal)
    limits = SMALL._replace(events_max=20)
    await follow(sqlite_journal, FlakySink(tables), chain.seq, limits)
    assert await read_rows(tables) == fold_rows(chain)


async def test_a_projector_killed_between_batches_goes_on_where_the_tables_are(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(2).live(120).chain
    await chain.write_to(sqlite_journal)
    for life in range(LIVES):
        with pytest.raises(Killed):
            await follow(sqlite_journal, Dying(tables, written=life % 2 == 0), chain.seq)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert await read_rows(tables) == fold_rows(chain)


async def test_nothing_is_lost_when_postgresql_is_killed_and_comes_back(
    tmp_path: Path, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(4).live(60).chain
    half = len(chain.payloads) // 2
    server = PostgresServer(tmp_path / "postgres")
    await server.start()
    pool = await open_pool(server.dsn)
    service = ProjectorService(sqlite_journal, pool, limits=SMALL)
    projecting = await service.start()
    try:
        await chain.write_to(sqlite_journal, 0, half)
        await eventually(lambda: service.position == half)
        await server.kill()
        await chain.write_to(sqlite_journal, half)
        await eventually(lambda: not service.ready)
        assert not projecting.done()
        await server.start()
        await eventually(lambda: service.ready and service.position == chain.seq)
        assert await read_rows(pool) == fold_rows(chain)
    finally:
        await service.stop()
        pool.terminate()
        await server.stop()


class Forgetful(MemorySink):
    """Its database crashes once, and comes back without its two newest batches."""

    def __init__(self) -> None:
        super().__init__()
        self._writes = 0
        self._backup: tuple[Position, Rows] = (START, {})

    async def write(self, batch: RowBatch, step: Step) -> None:
        self._writes += 1
        if self._writes == 4:
            rows = {name: dict(rows) for name, rows in self.tables.rows.items()}
            self._backup = (self._position, rows)
        if self._writes == 6:
            self._position, rows = self._backup
            self.tables.rows.update(rows)
        await super().write(batch, step)


async def test_what_a_crashed_database_forgot_is_projected_again(
    sqlite_journal: SqliteJournal, caplog: pytest.LogCaptureFixture
) -> None:
    chain = RandomPeople(1).live(60).chain
    await chain.write_to(sqlite_journal)
    sink = Forgetful()
    await follow(sqlite_journal, sink, chain.seq)
    assert sink.tables.rows == fold_rows(chain)
    assert "tables went back" in caplog.text


async def test_the_service_waits_for_a_database_that_is_not_there_yet(
    sqlite_journal: SqliteJournal,
) -> None:
    pool = await open_pool("postgresql://nobody@127.0.0.1:1/nothing")
    service = ProjectorService(sqlite_journal, pool)
    projecting = await service.start()
    done, _ = await asyncio.wait([projecting], timeout=0.1)
    assert not done
    assert not service.ready
    await service.stop()
    pool.terminate()


async def test_a_journal_without_what_the_tables_have_seen_stops_the_service(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    chain = RandomPeople(6).live(20).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    before = await read_rows(tables)
    cut_back = SqliteJournal(tmp_path / "cut.db")
    await chain.write_to(cut_back, 0, 5)
    service = ProjectorService(cut_back, tables)
    projecting = await service.start()
    with pytest.raises(JournalBroken):
        await asyncio.wait_for(projecting, WITHIN_S)
    assert not service.ready
    assert await read_rows(tables) == before
    await service.stop()
    await cut_back.close()


# Rivals


async def test_a_projector_stops_when_another_one_has_moved_the_tables(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(3).live(20).chain
    await chain.write_to(sqlite_journal)
    projector = Projector(sqlite_journal, PostgresSink(tables), limits=SMALL)
    async with running(projector) as projecting:
        await eventually(lambda: projector.position.state.seq == chain.seq)
        at, written = find_end(chain), len(chain.payloads)
        new = chain.commit(seen(1, "Ada"))
        rival = PostgresSink(tables)
        await rival.write(RowBatch(Intake().take([new])), Step(at, find_end(chain), None))
        await chain.write_to(sqlite_journal, written)
        with pytest.raises(Fenced):
            await asyncio.wait_for(projecting, WITHIN_S)
    assert await read_rows(tables) == fold_rows(chain)


async def test_a_fenced_batch_leaves_nothing_behind(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(3).live(20).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    before = await read_rows(tables)
    new = chain.commit(seen(1, "Ada"))
    with pytest.raises(Fenced):
        await PostgresSink(tables).write(
            RowBatch(Intake().take([new])), Step(START, find_end(chain), None)
        )
    assert await read_rows(tables) == before


async def test_of_two_projectors_at_once_one_does_the_work_and_one_is_fenced(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(8).live(120).chain
    await chain.write_to(sqlite_journal)
    first, second = (Projector(sqlite_journal, PostgresSink(tables), limits=SMALL) for _ in "12")
    async with running(first) as one, running(second) as other:
        await eventually(lambda: one.done() != other.done())
        left = first if other.done() else second
        await eventually(lambda: left.position.state.seq == chain.seq)
        assert isinstance((one if one.done() else other).exception(), Fenced)
    assert await read_rows(tables) == fold_rows(chain)


async def test_a_column_that_is_not_there_is_a_mistake_and_nothing_to_wait_for(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(1).live(20).chain
    await chain.write_to(sqlite_journal)
    await tables.execute("ALTER TABLE read_model.announcements DROP COLUMN description CASCADE")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)


async def test_a_second_projector_stands_by_and_takes_over(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(8).live(60).chain
    half = len(chain.payloads) // 2
    await chain.write_to(sqlite_journal, 0, half)
    first, second = (
        ProjectorService(sqlite_journal, tables, limits=SMALL, lock=ActiveLock(tables, "projector"))
        for _ in "12"
    )
    await first.start()
    await eventually(lambda: first.position == half)
    await second.start()
    await eventually(lambda: second.ready and second.position == half)
    assert (first.readiness()["role"], second.readiness()["role"]) == ("active", "standby")
    assert first.ready
    assert second.ready
    await chain.write_to(sqlite_journal, half)
    await first.stop()
    await eventually(lambda: second.active and second.ready and second.position == chain.seq)
    await second.stop()
    assert await read_rows(tables) == fold_rows(chain)
