"""The read models are rebuilt beside the live ones: nobody misses anything, whoever is killed."""

from contextlib import aclosing
from typing import Any

import asyncpg
import pytest

from contracts.errors import AlreadyRunning, NotFound, Unavailable
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.versions import KEPT, NEXT
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from tests.histories.random_people import RandomPeople
from tests.integration.projector.rebuild.rebuilt import (
    caught_up,
    exists,
    rebuilt,
    service_of,
)
from tests.waiting import eventually

SPOIL = "UPDATE read_model.announcements SET title = 'Spoilt'"
SPOILT = "SELECT count(*) FROM {}.announcements WHERE title = 'Spoilt'"


async def test_spoilt_tables_are_replaced_and_can_come_back(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(1).live(200).chain
    middle = len(chain.payloads) // 2
    await chain.write_to(sqlite_journal, 0, middle)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await eventually(lambda: service.position == middle)
        await tables.execute(SPOIL)
        result = await rebuilt(service)
        assert result["ok"], result
        assert result["switched"]
        assert await tables.fetchval(SPOILT.format("read_model")) == 0
        assert await tables.fetchval(SPOILT.format(KEPT)) > 0
        assert not await exists(tables, NEXT)

        # The live reader goes on, and triggers write into the new tables.
        await chain.write_to(sqlite_journal, middle)
        await caught_up(service, chain)
        verified = [line async for line in service.verify()][-1]
        assert verified["ok"], verified

        # The kept tables follow the journal, but are refused: they are spoilt.
        result = await rebuilt(service, rolls_back=True)
        assert not result["switched"]
        assert await tables.fetchval(SPOILT.format("read_model")) == 0


async def test_to_roll_back_loses_nothing(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(2).live(200).chain
    middle = len(chain.payloads) // 2
    await chain.write_to(sqlite_journal, 0, middle)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await eventually(lambda: service.position == middle)
        live = await tables.fetchval("SELECT to_regnamespace('read_model')::oid")
        assert (await rebuilt(service))["switched"]
        await chain.write_to(sqlite_journal, middle)
        await caught_up(service, chain)
        result = await rebuilt(service, rolls_back=True)
        assert result["switched"], result
        assert result["position"] == chain.seq
        assert await tables.fetchval("SELECT to_regnamespace('read_model')::oid") == live
        assert (await rebuilt(service, rolls_back=True))["switched"]
        assert (await rebuilt(service))["switched"]
        assert [line async for line in service.verify()][-1]["ok"]


async def test_statements_that_are_prepared_read_the_new_tables(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(3).live(60).chain
    await chain.write_to(sqlite_journal)
    async with (
        service_of(sqlite_journal, tables, postgres_dsn) as service,
        tables.acquire() as kept,
    ):
        await caught_up(service, chain)
        await tables.execute(SPOIL)
        read = await kept.prepare(SPOILT.format("read_model"))
        assert await read.fetchval() > 0
        assert (await rebuilt(service))["switched"]
        assert await read.fetchval() == 0


async def test_one_at_a_time_and_not_without_a_version_to_go_back_to(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(4).live(10).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        async with aclosing(service.rebuild()) as first:
            await anext(first)
            for other in (service.rebuild(), service.verify()):
                with pytest.raises(AlreadyRunning, match="rebuild_running"):
                    await anext(other)
            rival = ProjectorService(sqlite_journal, tables, dsn=postgres_dsn)
            with pytest.raises(AlreadyRunning, match="rebuild_running"):
                await anext(rival.rebuild())
        assert not await exists(tables, NEXT)
        with pytest.raises(NotFound):
            await anext(service.rebuild(rolls_back=True))
        with pytest.raises(Unavailable):
            await anext(ProjectorService(sqlite_journal, tables).rebuild())


async def test_what_a_killed_rebuild_leaves_is_dropped(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    await tables.execute(f"CREATE SCHEMA {NEXT}")
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await eventually(lambda: service.ready)
        await eventually(lambda: service.readiness()["indexes"])
        assert not await exists(tables, NEXT)


async def test_nobody_is_told_of_positions_that_are_read_again(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(5).live(60).chain
    await chain.write_to(sqlite_journal)
    told: list[Any] = []

    def note(*notice: Any) -> None:
        told.append(notice[3])

    async with (
        service_of(sqlite_journal, tables, postgres_dsn) as service,
        tables.acquire() as kept,
    ):
        await caught_up(service, chain)
        await kept.add_listener("projected", note)
        assert (await rebuilt(service))["switched"]
        await kept.remove_listener("projected", note)
        assert told == []


async def test_kept_tables_go_once_somebody_in_them_is_erased(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(6).live(60).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        assert (await rebuilt(service))["switched"]
    await DiskCleaner(tables).clean()
    assert await exists(tables, KEPT)
    await tables.execute(
        "INSERT INTO read_model.erasures (person_id, confirmed, changed, erased_seq) "
        "VALUES (gen_random_uuid(), true, now(), 5)"
    )
    await DiskCleaner(tables).clean()
    assert not await exists(tables, KEPT)
