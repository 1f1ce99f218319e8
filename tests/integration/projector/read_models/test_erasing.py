"""Erasures in PostgreSQL: the tables are the fold of the journal, and hold no erased text."""

from typing import Final

import asyncpg
import pytest

from projector.proof.verify import verify
from projector.read_models.postgres import sink
from projector.read_models.postgres.erasing import ERASE_ROWS
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.project import TABLES
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import MIGRATIONS
from tests.cells.killed import Killed
from tests.cells.projector_cell import (
    SMALL,
    Dying,
    commit_stored,
    fold_rows,
    follow,
    read_letters,
    read_rows,
)
from tests.histories.chain import Chain
from tests.histories.erased_life import ANNA, BORIS, erase_anna, live_until_erasure
from tests.histories.erasures import add_erasures
from tests.histories.random_people import RandomPeople, live_until

LIVES: Final = 5
TRACE: Final = f"00-{'5a' * 16}-{'7b' * 8}-00"
KNOWN: Final = {"language", "reason_by", "tz"}
"""Columns whose values are among few that everybody knows."""


@pytest.mark.parametrize("events_max", [7, 200, 2_000])
async def test_the_tables_are_the_fold_of_a_journal_with_erasures(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, events_max: int
) -> None:
    chain = live_until(_erases, 300, events_max, erasures=True, quarrels=True).chain
    await chain.write_to(sqlite_journal)
    limits = SMALL._replace(events_max=events_max)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq, limits)
    assert await read_rows(tables) == fold_rows(chain)
    verified = [line async for line in verify(sqlite_journal, PostgresSink(tables))]
    assert verified[-1]["ok"], verified[-1]


def _erases(chain: Chain) -> bool:
    return any(b"person.erased.v1" in payload for payload in chain.payloads)


async def test_the_planner_quotes_no_text_that_an_erasure_takes(tables: asyncpg.Pool) -> None:
    unquoted = await tables.fetch(
        """SELECT attrelid::regclass::text AS "table", attname AS "column" FROM pg_attribute
           WHERE attstattarget = 0"""
    )
    texts = {
        (table.name, name)
        for table in TABLES
        for words in table.words
        for name in words.erased
        if table.types[name] == "text" and name not in KNOWN
    }
    assert texts - set(map(tuple, unquoted)) == set()


async def test_an_erasure_finds_the_rows_of_a_person_by_an_index(tables: asyncpg.Pool) -> None:
    indexed = await tables.fetch(
        """SELECT indrelid::regclass::text AS "table", attname AS "column"
           FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
           WHERE indpred IS NULL
              OR pg_get_expr(indpred, indrelid) = format('(%s IS NOT NULL)', attname)"""
    )
    owners = {(table.name, name) for table in TABLES for name in table.owners}
    assert owners - set(map(tuple, indexed)) == set()


async def test_a_projector_killed_while_people_are_erased_erases_them_all_the_same(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = add_erasures(RandomPeople(4).live(100).chain, 4)
    await chain.write_to(sqlite_journal)
    for life in range(LIVES):
        with pytest.raises(Killed):
            await follow(sqlite_journal, Dying(tables, written=life % 2 == 0), chain.seq)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert await read_rows(tables) == fold_rows(chain)


@pytest.mark.parametrize("table", ["people", "announcements", "bookings", "ratings", "mutes"])
async def test_verify_finds_a_table_that_keeps_what_it_should_not(
    tables: asyncpg.Pool,
    sqlite_journal: SqliteJournal,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
) -> None:
    others = tuple(sql for sql in ERASE_ROWS if f" {table} " not in sql)
    assert len(others) < len(ERASE_ROWS)
    monkeypatch.setattr(sink, "ERASE_ROWS", others)
    chain = live_until_erasure()
    chain.commit({"type": "person.muted.v1", "person_id": ANNA, "host_id": BORIS}, actor=ANNA)
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    verified = [line async for line in verify(sqlite_journal, PostgresSink(tables))]
    assert not verified[-1]["ok"]
    assert {one["table"] for one in verified[-1]["differences"]} == {table}


async def test_an_upgrade_finds_out_who_typed_what(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    """Migration 0041 comes to what the events say."""
    chain = RandomPeople(2).live(300).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    await tables.execute(
        """
        DROP TABLE read_model.erasures;
        ALTER TABLE read_model.bookings DROP COLUMN words_by;
        ALTER TABLE read_model.announcements DROP COLUMN cancel_reason_by;
        DROP INDEX read_model.ratings_of_rater, read_model.mutes_by_person,
            read_model.mutes_of_host
        """
    )
    await tables.execute((MIGRATIONS / "0041_erasures.sql").read_text())
    assert await read_rows(tables) == fold_rows(chain)


async def test_dead_letters_of_the_erased_lose_what_was_typed(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    broken = {"type": "person.seen.v1", "person_id": ANNA, "name": 5, "nick": "canary"}
    chain.commit(broken, traceparent=TRACE)
    commit_stored(chain, {"type": "person.erased.v1", "person_id": ANNA})
    chain.commit(broken | {"nick": "typed later"}, traceparent=TRACE)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    first, second = await read_letters(tables)
    assert (first["payload"], first["request_id"]) == ("[erased]", None)
    assert "typed later" in second["payload"]
    assert second["request_id"] == "5a" * 16
