"""What the tables cannot hold is parked in them, and everything else goes on."""

from typing import Any, Final

import asyncpg
import pytest

from contracts.events.announcement import AnnouncementPublished
from contracts.values.ids import AnnouncementId
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projector import READ_MODEL_LIMITS
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import (
    commit_stored,
    fold_rows,
    follow,
    read_letters,
    read_rows,
    seen,
    uuid_text,
)
from tests.histories.chain import Chain
from tests.histories.random_people import RandomPeople

UNSTORABLE: Final = [
    pytest.param({"ticket_count": 3_000_000_000}, id="too large a number"),
    pytest.param({"announcement_id": "evening"}, id="no UUID"),
]


def teleported(announcement_id: str) -> dict[str, Any]:
    """An event that this version does not know."""
    return {"type": "announcement.teleported.v1", "announcement_id": announcement_id}


def published(announcement_id: str) -> dict[str, Any]:
    """An event about what never was created, in these tests."""
    return {"type": "announcement.published.v1", "announcement_id": announcement_id, "version": 1}


async def versions_in(pool: asyncpg.Pool) -> dict[str, int]:
    rows = await pool.fetch("SELECT announcement_id, version FROM read_model.announcements")
    return {row["announcement_id"]: row["version"] for row in rows}


async def names_in(pool: asyncpg.Pool) -> set[str]:
    return {row["name"] for row in await pool.fetch("SELECT name FROM read_model.people")}


async def test_an_unknown_event_stops_its_announcement_and_no_other(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(7).live(40)
    chain = people.chain
    stopped, other = list(people.layer.announcements.own)[:2]
    commit_stored(chain, teleported(stopped))
    for announcement_id in (stopped, other):
        chain.commit(AnnouncementPublished(announcement_id=announcement_id, version=77))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    letters = [(one["seq"], one["key"]) for one in await read_letters(tables)]
    assert letters == [(chain.seq - 2, stopped), (chain.seq - 1, stopped)]
    versions = await versions_in(tables)
    assert versions[stopped] != 77
    assert versions[other] == 77


async def test_a_stopped_announcement_stays_stopped_in_the_next_life(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(8).live(40)
    chain = people.chain
    stopped = next(iter(people.layer.announcements.own))
    commit_stored(chain, teleported(stopped))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    written = len(chain.payloads)
    chain.commit(AnnouncementPublished(announcement_id=stopped, version=77))
    await chain.write_to(sqlite_journal, written)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert [one["seq"] for one in await read_letters(tables)] == [chain.seq - 1, chain.seq]


@pytest.mark.parametrize("poison", UNSTORABLE)
async def test_a_value_that_no_column_takes_is_found_within_its_batch(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, poison: dict[str, Any]
) -> None:
    people = RandomPeople(9).live(30)
    chain = people.chain
    change = {
        "type": "announcement.changed.v1",
        "announcement_id": next(iter(people.layer.announcements.own)),
        "version": 9,
    }
    commit_stored(chain, change | poison)
    poisoned = chain.seq
    chain.commit(seen(1, "Ada"))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq, READ_MODEL_LIMITS)
    letters = [(one["seq"], one["event_index"]) for one in await read_letters(tables)]
    assert letters == [(poisoned, 0)]
    assert "Ada" in await names_in(tables)


async def test_of_one_commit_only_the_refused_key_is_parked(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    people = [
        {"type": "person.seen.v1", "person_id": uuid_text(number), "name": name}
        for number, name in enumerate(("Ada", "Cyd"), 2)
    ]
    commit_stored(chain, people[0], published(uuid_text(1)), people[1])
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert await names_in(tables) == {"Ada", "Cyd"}
    assert [one["key"] for one in await read_letters(tables)] == [uuid_text(1)]


async def test_of_one_commit_all_is_parked_where_no_single_key_is_to_blame(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    commit_stored(chain, *(published(uuid_text(number)) for number in (1, 2)))
    chain.commit(seen(3, "Cyd"))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert await names_in(tables) == {"Cyd"}
    assert [one["seq"] for one in await read_letters(tables)] == [2, 2, 2]


async def test_an_event_about_what_never_was_created_is_parked(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    stranger = AnnouncementId(uuid_text(1))
    chain.commit(AnnouncementPublished(announcement_id=stranger, version=1))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert [one["key"] for one in await read_letters(tables)] == [stranger]


async def test_a_decision_that_no_column_takes_stops_nothing(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    commit_stored(chain, about="no UUID")
    chain.commit(seen(1, "Ada"))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    letters = [(one["seq"], one["event_index"]) for one in await read_letters(tables)]
    assert letters == [(2, -1)]
    assert await names_in(tables) == {"Ada"}


async def test_a_nul_in_a_text_parks_nobody_and_verify_agrees(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    commit_stored(
        chain,
        {"type": "person.seen.v1", "person_id": uuid_text(1), "name": "A\0da"},
        facts={"results": [{"na\0me": "B\0b"}]},
    )
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    assert await read_letters(tables) == []
    assert await names_in(tables) == {"Ada"}
    assert await read_rows(tables) == fold_rows(chain)
