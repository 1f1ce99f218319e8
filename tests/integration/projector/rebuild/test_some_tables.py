"""One table and what goes with it is rebuilt beside the live ones; all others stay as they are."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from projector.read_models.groups import GROUPS
from projector.read_models.postgres import at_rest
from projector.read_models.postgres.versions import KEPT, NEXT
from projector.read_models.project import TABLES
from projector.read_models.read_model import TableShape
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.rewriting import rewrite_tables
from runtime.postgres.tables import ALLOW_COMPUTING, TablesUnavailable
from tests.cells.projector_cell import read_rows
from tests.histories.chain import Chain
from tests.histories.random_people import RandomPeople, live_until_rated
from tests.integration.projector.rebuild.rebuilt import (
    caught_up,
    exists,
    rebuilt,
    service_of,
)
from tests.waiting import WITHIN_S, eventually

SHAPES = (
    """SELECT relname, array_to_string(reloptions, ' '), relpersistence FROM pg_class
       WHERE relnamespace = $1::regnamespace AND relkind = 'r'""",
    """SELECT relname, row_number() OVER (PARTITION BY relname ORDER BY attnum), attname,
              atttypid::regtype::text, attnotnull, attgenerated, attstattarget, attstorage,
              pg_get_expr(adbin, adrelid)
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND attnum > 0
         AND NOT attisdropped""",
    """SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
       WHERE relnamespace = $1::regnamespace AND relname <> 'scores'""",
    """SELECT relname, pg_get_constraintdef(pg_constraint.oid)
       FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
       WHERE connamespace = $1::regnamespace""",
    """SELECT pg_get_triggerdef(pg_trigger.oid), tgfoid::regprocedure::text
       FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
       WHERE relnamespace = $1::regnamespace AND NOT tgisinternal""",
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = $1::regnamespace",
)
TRIGGERS = """
    SELECT relname AS table, prosrc AS body FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE relnamespace = 'read_model'::regnamespace AND NOT tgisinternal
"""
WAITS = """
    SELECT count(*) FROM pg_locks
    WHERE mode = $1 AND NOT granted AND relation = 'read_model.people'::regclass
"""
OID = "SELECT 'read_model.{}'::regclass::oid"
GONE = "SELECT count(gone_seq) FROM read_model.erasures"
RIGHT_CHANGES = "SELECT count(*) FROM read_model.bookings WHERE changed_seq = 0"


async def shape_of(tables: asyncpg.Pool, schema: str) -> list[list[tuple[Any, ...]]]:
    """Return everything that makes the tables of a schema, without rows."""
    async with tables.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL search_path = pg_catalog")
        return [
            sorted((tuple(row) for row in await connection.fetch(select, schema)), key=repr)
            for select in SHAPES
        ]


async def verified(service: ProjectorService) -> dict[str, Any]:
    return [line async for line in service.verify()][-1]


async def test_every_table_can_be_rebuilt_and_stays_the_same(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(11, erasures=True, quarrels=True).live(300).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        await eventually(lambda: service.readiness()["indexes"])
        shape, rows = await shape_of(tables, "read_model"), await read_rows(tables)
        for name, group in GROUPS.items():
            before = await tables.fetchval(OID.format(name))
            result = await rebuilt(service, group)
            assert result["switched"], (name, result)
            assert result["tables"] == [table.name for table in group]
            assert await tables.fetchval(OID.format(name)) != before
            assert await shape_of(tables, "read_model") == shape, name
            assert not await exists(tables, NEXT)
        assert await read_rows(tables) == rows
        assert (await verified(service))["ok"]
        assert (await rebuilt(service))["switched"]
        assert (await verified(service))["ok"]


async def test_a_spoilt_table_is_replaced_and_can_come_back(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(12).live(300).chain
    half, most = len(chain.payloads) // 2, len(chain.payloads) * 3 // 4
    await chain.write_to(sqlite_journal, 0, half)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await eventually(lambda: service.position == half)
        people = await tables.fetchval(OID.format("people"))
        bookings = await tables.fetchval(OID.format("bookings"))
        await tables.execute("UPDATE read_model.people SET name = 'Spoilt'")
        await tables.execute("UPDATE read_model.bookings SET state = 'spoilt', changed_seq = 0")

        # Of two spoilt tables one is right now. Nobody touched the other.
        assert (await rebuilt(service, GROUPS["bookings"]))["switched"]
        assert await tables.fetchval(OID.format("people")) == people
        assert {one["table"] for one in (await verified(service))["differences"]} == {"people"}
        assert await tables.fetchval(RIGHT_CHANGES) == 0

        # The live reader goes on in the new table, and triggers with it.
        await tables.execute("UPDATE read_model.people SET name = 'Spoilt'")
        await chain.write_to(sqlite_journal, half, most)
        await eventually(lambda: service.position == most)
        assert await tables.fetchval(RIGHT_CHANGES) == 0

        # The spoilt table is refused; a right one comes back, with all that came since.
        assert not (await rebuilt(service, rolls_back=True))["switched"]
        assert (await rebuilt(service, GROUPS["bookings"]))["switched"]
        await chain.write_to(sqlite_journal, most)
        await caught_up(service, chain)
        kept = await tables.fetchval(f"SELECT '{KEPT}.bookings'::regclass::oid")
        assert kept != bookings
        result = await rebuilt(service, rolls_back=True)
        assert result["switched"], result
        assert result["tables"] == ["bookings"]
        assert await tables.fetchval(OID.format("bookings")) == kept
        assert (await rebuilt(service, GROUPS["people"]))["switched"]
        assert (await verified(service))["ok"]


async def test_live_traffic_goes_on_through_a_rebuild(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(13).live(400).chain
    third = len(chain.payloads) // 3
    await chain.write_to(sqlite_journal, 0, third)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await eventually(lambda: service.position == third)
        writing = asyncio.create_task(write_slowly(chain, sqlite_journal, third))
        reading = asyncio.create_task(count_falling(tables, "announcements"))
        switches = 0
        while not writing.done():
            for name in ("announcements", "people"):
                switches += (await rebuilt(service, GROUPS[name]))["switched"]
        await writing
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await caught_up(service, chain)
        assert switches > 0
        assert (await verified(service))["ok"]


async def write_slowly(chain: Chain, journal: SqliteJournal, start: int) -> None:
    for at in range(start, len(chain.payloads), 5):
        await chain.write_to(journal, at, min(at + 5, len(chain.payloads)))
        await asyncio.sleep(0.02)


async def count_falling(tables: asyncpg.Pool, name: str) -> None:
    """Read for ever. Fails once a table has fewer rows than before."""
    rows = 0
    async with tables.acquire() as connection:
        count = await connection.prepare(f"SELECT count(*) FROM read_model.{name}")
        while True:
            rows, before = await count.fetchval(), rows
            assert rows >= before
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("ACCESS SHARE", "AccessExclusiveLock"),
        ("SHARE UPDATE EXCLUSIVE", "ShareUpdateExclusiveLock"),
    ],
    ids=["a long read", "a vacuum"],
)
async def test_whoever_holds_a_table_is_waited_for_and_reads_are_not_held_up(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal, held: str, wanted: str
) -> None:
    chain = RandomPeople(14).live(50).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        async with tables.acquire() as slow:
            holding = slow.transaction()
            await holding.start()
            await slow.execute(ALLOW_COMPUTING)
            await slow.execute(f"LOCK TABLE read_model.people IN {held} MODE")
            rebuilding = asyncio.create_task(rebuilt(service, GROUPS["people"]))
            while not await tables.fetchval(WAITS, wanted):
                await asyncio.sleep(0.01)
            await asyncio.wait_for(tables.fetch("SELECT FROM read_model.people"), WITHIN_S)
            assert not rebuilding.done()
            await holding.rollback()
            assert (await rebuilding)["switched"]


async def test_what_is_parked_otherwise_needs_all_tables(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(15).live(50).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        await tables.execute(
            "INSERT INTO read_model.dead_letters (seq, event_index, type, key, payload, reason) "
            "VALUES (1, 0, 'x', NULL, '', '')"
        )
        with pytest.raises(TablesUnavailable, match="rebuild all"):
            await rebuilt(service, GROUPS["people"])
        assert not await exists(tables, NEXT)
        assert not await exists(tables, KEPT)
        assert (await rebuilt(service))["switched"]


async def test_the_disk_is_cleaned_again_and_kept_tables_go_with_the_erased(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(16).live(60).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        erased = (
            "INSERT INTO read_model.erasures (person_id, confirmed, changed, erased_seq, gone_seq)"
            "VALUES (gen_random_uuid(), true, now(), 5, {})"
        )
        await tables.execute(erased.format(5))
        assert (await rebuilt(service, GROUPS["people"]))["switched"]
        assert await tables.fetchval(GONE) == 0
        await at_rest.DiskCleaner(tables).clean()
        assert await exists(tables, KEPT)
        await tables.execute(erased.format("NULL"))
        await at_rest.DiskCleaner(tables).clean()
        assert not await exists(tables, KEPT)


async def test_ranks_of_announcements_follow_rebuilt_scores(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_rated(400).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        await tables.execute("UPDATE read_model.scores SET host_rank = host_rank + 1")
        await tables.execute("UPDATE read_model.announcements SET author_rank = author_rank + 1")
        assert (await verified(service))["found"]["differences"] > 0
        assert (await rebuilt(service, GROUPS["scores"]))["switched"]
        assert (await verified(service))["ok"]


@pytest.mark.parametrize("only", [GROUPS["people"], TABLES], ids=["people", "all"])
async def test_tables_that_became_live_while_the_disk_was_cleaned_are_cleaned_next_time(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    monkeypatch: pytest.MonkeyPatch,
    only: tuple[TableShape, ...],
) -> None:
    chain = RandomPeople(18, erasures=True).live(100).chain
    monkeypatch.setattr(at_rest.DiskCleaner, "run", rest)
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)

        async def rewrite_and_switch(pool: asyncpg.Pool, names: Sequence[str]) -> bool:
            found = await rewrite_tables(pool, names)
            assert (await rebuilt(service, only))["switched"]
            return found

        monkeypatch.setattr(at_rest, "rewrite_tables", rewrite_and_switch)
        cleaner = at_rest.DiskCleaner(tables)
        assert not await cleaner.clean()
        assert await tables.fetchval(GONE) == 0
        monkeypatch.setattr(at_rest, "rewrite_tables", rewrite_tables)
        assert await cleaner.clean()
        assert await tables.fetchval(GONE) > 0


async def rest(_: at_rest.DiskCleaner) -> None:
    """Clean nothing."""
    await asyncio.Event().wait()


async def test_triggers_write_only_into_tables_that_go_along(tables: asyncpg.Pool) -> None:
    """`announcements` need their bookings; whoever adds such a trigger adds it to the groups."""
    for table, body in await tables.fetch(TRIGGERS):
        for name, group in GROUPS.items():
            if f"UPDATE read_model.{name}" in body:
                assert table in [one.name for one in group], (table, name)
