"""Finished notices of long ago are forgotten, by the journal's time. Nothing is sent again."""

from datetime import datetime, timedelta

import asyncpg
import pytest

from contracts.events.booking import BookingRequested
from contracts.events.person import PersonErased
from contracts.values.ids import SYSTEM
from notifier.forgetting.forgetter import Forgetter
from notifier.store.forgetting.finished import SELECT_NOTICES, ForgettingStore
from notifier.store.turns import BY_INDEX
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import booking, created, person, published, seen

KEEP_DAYS = 100
LATER = timedelta(days=KEEP_DAYS + 30)


@pytest.fixture
async def old(cell: NotifierCell) -> NotifierCell:
    """An evening of long ago of which everybody was told, also a fan; and one of today."""
    cell.around.followers_of = {person("host"): (person("fan"),)}
    cell.history.tell(seen("host"), seen("anna"), created(), published())
    ask(cell, "e")
    await cell.read_and_send()
    await cell.wait(days=4)  # All reminders are sent or missed.
    cell.history.tell(
        created("new", event_time=cell.now + LATER + timedelta(days=3)), published("new")
    )
    await cell.read_and_send()
    await cell.at(cell.now + LATER)
    ask(cell, "new")
    await cell.read_and_send()
    return cell


def ask(cell: NotifierCell, name: str) -> None:
    cell.history.tell(booking(BookingRequested, "anna", (None, True), name), by="anna")


def forgetter(cell: NotifierCell) -> Forgetter:
    made = Forgetter(ForgettingStore(cell.pool), cell.around, KEEP_DAYS, rows_at_once=2)
    made.note_taken_over(cell.now)
    return made


async def forget(made: Forgetter) -> int:
    """Forget all there is to forget. Returns in how many batches."""
    batches = 0
    while await made.forget_some():
        batches += 1
    return batches


async def ends(cell: NotifierCell) -> list[asyncpg.Record]:
    """Return when each finished notice ended."""
    found: list[asyncpg.Record] = await cell.pool.fetch(
        "SELECT greatest(happened_at, due_at, expires_at) AS ended_at"
        " FROM notifier.notices WHERE state <> 'waiting'"
    )
    return found


async def count(cell: NotifierCell, table: str) -> int:
    found: int = await cell.pool.fetchval(f"SELECT count(*) FROM notifier.{table}")
    return found


async def rows(cell: NotifierCell) -> list[str]:
    """Return all notices, sources and fan-outs."""
    found = []
    for table in ("notices", "sources", "fanouts"):
        found += await cell.pool.fetch(f"SELECT t::text FROM notifier.{table} t ORDER BY 1")
    return [row["t"] for row in found]


async def test_what_ended_long_ago_goes_and_everything_else_stays(old: NotifierCell) -> None:
    before = await old.lines()
    kept_from = old.now - timedelta(days=KEEP_DAYS)
    young = [one["id"] for one in before if max(one["happened_at"], one["due_at"]) >= kept_from]
    waiting = [one for one in before if one["state"] == "waiting"]
    assert len(young) < len(before)
    assert waiting, "the reminders of the evening to come"

    assert await forget(forgetter(old)) > 1
    assert [one["id"] for one in await old.lines()] == young
    assert [one for one in await old.lines() if one["state"] == "waiting"] == waiting
    assert await count(old, "fanouts") == 0
    assert (
        await old.pool.fetchval(
            "SELECT count(*) FROM notifier.sources s"
            " LEFT JOIN notifier.notices n ON n.id = s.notice_id WHERE n.id IS NULL"
        )
        == 0
    )
    assert {line["announcement_id"] for line in await old.lines(person("anna"))} <= {
        one["announcement_id"] for one in before if one["id"] in young
    }

    left = await rows(old)
    assert await forget(forgetter(old)) == 0
    assert await rows(old) == left


async def test_notification_shows_no_more_of_it(old: NotifierCell) -> None:
    kept_from = old.now - timedelta(days=KEEP_DAYS)
    assert any(one.created_at < kept_from for one in old.around.got())
    await forget(forgetter(old))
    left = old.around.got()
    assert left
    assert all(one.created_at >= kept_from for one in left)


async def test_a_notice_that_waits_stays_however_old_it_is(cell: NotifierCell) -> None:
    cell.history.tell(seen("host"), seen("anna"), created(), published())
    ask(cell, "e")
    await cell.read()
    left = await rows(cell)
    cell.now += LATER
    assert await forget(forgetter(cell)) == 0
    assert await rows(cell) == left


async def test_the_time_is_that_of_the_newest_record_that_was_taken_over(
    cell: NotifierCell,
) -> None:
    made = Forgetter(ForgettingStore(cell.pool), cell.around, KEEP_DAYS)
    cell.history.tell(seen("host"))
    cell.history.wait(days=3)
    cell.history.tell(seen("anna"))
    async with cell.reading(made.note_taken_over) as reader:
        await cell.follow_history(reader)
        assert made.kept_from is not None
        assert made.kept_from.date() == (cell.history.now - timedelta(days=KEEP_DAYS)).date()


async def test_an_old_journal_that_is_read_anew_loses_nothing(old: NotifierCell) -> None:
    made = Forgetter(ForgettingStore(old.pool), old.around, KEEP_DAYS)
    made.note_taken_over(old.history.commits[0].decided_at)
    assert await forget(made) == 0


@pytest.mark.parametrize("told", ["kept", "restored too"])
async def test_nothing_is_sent_again_if_the_position_comes_from_a_backup(
    old: NotifierCell, told: str
) -> None:
    await forget(forgetter(old))
    sent, shown = dict(old.around.calls), {one.key for one in old.around.got()}
    left = await rows(old)
    await old.forget()
    if told == "restored too":
        await old.pool.execute("UPDATE notifier.reader_position SET told_seq = 0")
    await old.read_and_send()
    assert dict(old.around.calls) == sent
    assert {one.key for one in old.around.got()} == shown
    if told == "kept":
        assert await rows(old) == left
    else:
        planned_anew = [row for row in await rows(old) if row not in left]
        assert planned_anew
        states = await old.pool.fetch("SELECT DISTINCT reason FROM notifier.fanouts")
        assert "too_late" in {row["reason"] for row in states}
    await forget(forgetter(old))
    kept_from = old.now - timedelta(days=KEEP_DAYS)
    assert all(one["ended_at"] >= kept_from for one in await ends(old))


class Ended(Exception):
    pass


class StoreThatEndsHalfway(ForgettingStore):
    async def delete_fanouts(self, before: datetime, limit: int) -> int:
        raise Ended


async def test_a_forgetter_that_ended_between_two_transactions_is_followed_by_another(
    old: NotifierCell,
) -> None:
    killed = Forgetter(StoreThatEndsHalfway(old.pool), old.around, KEEP_DAYS, rows_at_once=2)
    killed.note_taken_over(old.now)
    with pytest.raises(Ended):
        await killed.forget_some()
    await forget(forgetter(old))
    assert await count(old, "fanouts") == 0
    kept_from = old.now - timedelta(days=KEEP_DAYS)
    assert all(one["ended_at"] >= kept_from for one in await ends(old))


async def test_old_rows_are_found_by_an_index(old: NotifierCell) -> None:
    async with old.pool.acquire() as connection, connection.transaction():
        await connection.execute(BY_INDEX)
        lines = await connection.fetch(f"EXPLAIN {SELECT_NOTICES}", old.now, 10)
    plan = "\n".join(line[0] for line in lines)
    assert "notices_finished" in plan
    assert "Sort" not in plan


async def test_how_notices_to_erased_people_ended_is_forgotten_after_a_day(
    old: NotifierCell,
) -> None:
    old.history.tell(PersonErased(person_id=person("anna")), by=SYSTEM)
    await old.read()
    await old.erase()
    kept = "SELECT count(*) FROM notifier.deleted_notices"
    count = await old.pool.fetchval(kept)
    assert count > 1
    await forget(forgetter(old))
    assert await old.pool.fetchval(kept) == count
    await old.pool.execute(
        "UPDATE notifier.deleted_notices SET deleted_at = deleted_at - interval '25 hours'"
    )
    await forget(forgetter(old))
    assert await old.pool.fetchval(kept) == 0
