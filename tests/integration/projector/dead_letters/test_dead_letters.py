"""Parked events get into the tables once this build can project them, or are given up for good."""

from typing import Any

import asyncpg
import pytest

from contracts.errors import AlreadyRunning, CommandRefused, NotFound
from contracts.events.announcement import AnnouncementPublished
from contracts.journal.places import EventPlace
from projector.dead_letters.stored import LETTERS
from projector.read_models.postgres.sink import PostgresSink
from runtime.dead_letters.table import FIRST, DeadLetters
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
from tests.integration.projector.dead_letters.older_build import older_build
from tests.integration.projector.rebuild.rebuilt import caught_up, rebuilt, retried, service_of
from tests.older_build import teleported


async def parked_and_followed(
    chain: Chain, journal: SqliteJournal, tables: asyncpg.Pool, *types: str
) -> None:
    """Follow the chain with a build that does not know every third event of these types."""
    met = 0

    def does_not_know(fields: dict[str, Any]) -> bool:
        nonlocal met
        met += fields["type"] in types
        return fields["type"] in types and met % 3 == 1

    await chain.write_to(journal)
    with older_build(does_not_know):
        await follow(journal, PostgresSink(tables), chain.seq)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "types",
    [
        ("announcement.changed.v1", "person.seen.v1"),
        ("announcement.created.v1",),
        ("booking.requested.v1", "text.hidden.v1", "person.muted.v1"),
        ("person.erased.v1", "booking.requested.v1"),
    ],
    ids=lambda types: types[0],
)
async def test_after_a_retry_the_tables_are_as_if_nothing_had_been_parked(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    seed: int,
    types: tuple[str, ...],
) -> None:
    chain = RandomPeople(seed, erasures=True).live(150).chain
    await parked_and_followed(chain, sqlite_journal, tables, *types)
    parked = len(await read_letters(tables))
    assert parked
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        before = await read_rows(tables)
        trial = await retried(service, dry_run=True)
        assert (trial["ok"], trial["dry_run"]) == (True, True)
        assert sum(one["projected"] for one in trial["keys"]) == parked
        assert await read_rows(tables) == before
        assert len(await read_letters(tables)) == parked

        result = await retried(service)
        assert result["ok"], result
        assert result["keys"] == trial["keys"]
        assert await read_letters(tables) == []
        assert await read_rows(tables) == fold_rows(chain)
        assert [line async for line in service.verify()][-1]["ok"]


async def test_what_still_cannot_be_projected_stays_with_all_behind_it(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(7).live(40)
    chain = people.chain
    first, second = list(people.layer.announcements.own)[:2]
    for announcement_id in (first, second):
        chain.commit(AnnouncementPublished(announcement_id=announcement_id, version=70))
    commit_stored(chain, teleported(first))
    for announcement_id in (first, second):
        chain.commit(AnnouncementPublished(announcement_id=announcement_id, version=77))
    await chain.write_to(sqlite_journal)
    with older_build(lambda fields: fields.get("version") == 70):
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        letters = DeadLetters(tables, LETTERS)
        listed = await letters.select(FIRST, 10)
        assert [(one.key, one.parked) for one in listed] == [(first, 3), (second, 2)]
        assert (await letters.select(EventPlace(chain.seq - 4, 0), 10)) == listed[1:]

        result = await retried(service)
        assert not result["ok"]
        assert [(one["projected"], one["left"]) for one in result["keys"]] == [(1, 2), (2, 0)]
        (left,) = await letters.select(FIRST, 10)
        assert left.event == "announcement.teleported.v1"
        assert "earlier event" not in left.reason

        shown = await letters.find(EventPlace(left.position, 0), FIRST, 10)
        assert [one.event for one in shown.events] == [
            "announcement.teleported.v1",
            "announcement.published.v1",
        ]
        rows = (await read_rows(tables))["announcements"]
        assert 77 in rows[second]
        assert 70 in rows[first]


async def test_what_the_tables_refuse_stays_with_all_behind_it(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(9).live(30)
    chain = people.chain
    announcement_id = next(iter(people.layer.announcements.own))
    changed = {"type": "announcement.changed.v1", "announcement_id": announcement_id}
    for count in (61, 62, 3_000_000_000):
        commit_stored(chain, changed | {"version": 90, "ticket_count": count})
    commit_stored(chain, changed | {"version": 91})
    await chain.write_to(sqlite_journal)
    with older_build(lambda fields: fields.get("ticket_count") == 61):
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        (key,) = (await retried(service))["keys"]
        assert (key["projected"], key["left"]) == (2, 2)
        assert "ticket_count" in key["reason"] or "$" in key["reason"]
        assert 62 in (await read_rows(tables))["announcements"][announcement_id]
        (left,) = await DeadLetters(tables, LETTERS).select(FIRST, 10)
        assert (left.id, left.reason) == (f"{chain.seq - 1}-0", key["reason"])


async def test_a_dropped_event_is_given_up_and_those_behind_it_follow(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(8).live(40)
    chain = people.chain
    stopped = next(iter(people.layer.announcements.own))
    commit_stored(chain, teleported(stopped))
    dead = EventPlace(chain.seq, 0)
    chain.commit(AnnouncementPublished(announcement_id=stopped, version=77))
    behind = EventPlace(chain.seq, 0)
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        with pytest.raises(NotFound):
            await service.drop(EventPlace(1, 0), None, dry_run=False)
        with pytest.raises(CommandRefused) as refused:
            await service.drop(behind, None, dry_run=False)
        assert refused.value.code == "earlier_event_parked"
        await service.drop(dead, "Olga", dry_run=True)
        assert len(await read_letters(tables)) == 2

        await service.drop(dead, "Olga", dry_run=False)
        with pytest.raises(NotFound):
            await service.drop(dead, "Olga", dry_run=False)
        (dropped,) = await tables.fetch("SELECT seq, key, signed_by FROM access.dropped_events")
        assert tuple(dropped) == (dead.seq, stopped, "Olga")
        assert (await retried(service, behind))["ok"]
        assert 77 in (await read_rows(tables))["announcements"][stopped]

        # The key has not stopped any more, and whoever folds anew leaves out the same event.
        chain.commit(AnnouncementPublished(announcement_id=stopped, version=78))
        await chain.write_to(sqlite_journal, chain.seq - 1)
        await caught_up(service, chain)
        assert [line async for line in service.verify()][-1]["ok"]
        assert (await rebuilt(service))["switched"]
        assert await read_letters(tables) == []
        assert 78 in (await read_rows(tables))["announcements"][stopped]


async def test_an_erasure_cannot_be_dropped(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.commit(seen(1, "Ada"))
    chain.commit({"type": "person.erased.v1", "person_id": uuid_text(1)})
    await chain.write_to(sqlite_journal)
    with older_build(lambda fields: fields["type"] == "person.erased.v1"):
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        for dry_run in (True, False):
            with pytest.raises(CommandRefused) as refused:
                await service.drop(EventPlace(chain.seq, 0), "Olga", dry_run=dry_run)
            assert refused.value.code == "erasure_not_droppable"
        assert await tables.fetch("SELECT FROM access.dropped_events") == []
        assert (await retried(service))["ok"]
        assert await read_rows(tables) == fold_rows(chain)


async def test_letters_without_a_key_are_retried_one_by_one(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    commit_stored(chain, {"type": "unheard.of.v1"}, about="no UUID")
    chain.commit(seen(1, "Ada"))
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        ids = [one.id for one in await DeadLetters(tables, LETTERS).select(FIRST, 10)]
        assert ids == ["2-outcome", "2-0"]
        (key,) = (await retried(service, EventPlace(2, -1)))["keys"]
        assert (key["id"], key["key"], key["left"]) == ("2-outcome", None, 1)
        for place in (EventPlace(2, -1), EventPlace(2, 0)):
            await service.drop(place, None, dry_run=False)
        assert [line async for line in service.verify()][-1]["ok"]


async def test_one_retry_at_a_time_and_of_what_is_parked(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    commit_stored(chain, teleported(uuid_text(1)))
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        with pytest.raises(NotFound):
            await retried(service, EventPlace(1, 0))
        first = service.retry(None, dry_run=False)
        await anext(first)
        with pytest.raises(AlreadyRunning, match="retry_running"):
            await retried(service)
        with pytest.raises(AlreadyRunning, match="retry_running"):
            await service.drop(EventPlace(2, 0), None, dry_run=False)
        await first.aclose()
        assert not (await retried(service))["ok"]


async def test_a_retry_that_is_cut_off_has_done_whole_keys_only(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(7).live(40)
    chain = people.chain
    for announcement_id in list(people.layer.announcements.own)[:3]:
        for version in (70, 71):
            event = AnnouncementPublished(announcement_id=announcement_id, version=version)
            chain.commit(event)
    await chain.write_to(sqlite_journal)
    with older_build(lambda fields: fields.get("version") == 70):
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        lines = service.retry(None, dry_run=False)
        async for line in lines:
            if line.get("phase") == "keys" and line["done"] == 1:
                break
        await lines.aclose()
        left = await DeadLetters(tables, LETTERS).select(FIRST, 10)
        assert [one.parked for one in left] == [2, 2]
        chain.commit(seen(1, "Ada"))
        await chain.write_to(sqlite_journal, chain.seq - 1)
        await caught_up(service, chain)
        assert (await retried(service))["ok"]
        assert await read_rows(tables) == fold_rows(chain)
