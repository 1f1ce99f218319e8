"""Notices and clicks are copied for analysts, once each, without anybody's words; on a server and
on chdb."""

import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest

from contracts.events.booking import (
    BookingApproved,
    BookingInvited,
    BookingRejected,
    BookingRequested,
)
from contracts.events.person import PersonErased
from contracts.values.ids import SYSTEM
from contracts.values.times import to_ms
from notifier.clicks.collector import ClickCollector
from notifier.clicks.store import ClickStore
from notifier.restored.noting import note_restored
from projector.analysts.copying.copier import CLICKS, NOTICES, NoticeCopier
from projector.analysts.copying.merging import PartMerger
from projector.analysts.copying.position import load_position, save_position
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, migrate
from runtime.clickhouse.port import Analytics, AnalyticsUnavailable, Columns, ResultSet
from runtime.outside.ports import Click
from runtime.postgres.tables import ALLOW_COMPUTING
from runtime.pseudonyms import Pseudonyms
from tests.cells.notifier_cell import NotifierCell, notifier_cell
from tests.histories.notifier_events import (
    BEGIN,
    announcement,
    booking,
    created,
    person,
    published,
    seen,
)
from tests.servers.clickhouse_engines import Databases
from tests.waiting import within

KEY: Final = Pseudonyms("the key of the tests")
CANARY: Final = "Canary Street"
FOLLOWERS: Final = (person("anna"), person("boris"))
NAMED: Final = """
    SELECT kind, recipient_id, announcement_id, at_ms, sent_at_ms FROM notices FINAL
    WHERE recipient_id != '' OR announcement_id != '' OR booking_id != '' OR seq != 0
"""


@pytest.fixture
async def databases(open_databases: Callable[[], Databases]) -> AsyncIterator[Databases]:
    opened = open_databases()
    await migrate(opened.history)
    await migrate(opened.analysts, ANALYSTS_MIGRATIONS)
    yield opened
    await opened.close()


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[NotifierCell]:
    """An evening of which host, followers and guests have been told, and whose reminders wait."""
    async with notifier_cell(tmp_path, postgres_dsn) as found:
        found.around.followers_of = {person("host"): (*FOLLOWERS, person("vera"))}
        found.history.tell(
            *map(seen, ("host", "anna", "boris", "vera")),
            created(event_location=CANARY, title=CANARY),
            booking(BookingInvited, "vera", (True, None)),
            published(),
        )
        await found.read_and_send()
        found.history.tell(
            booking(BookingRequested, "anna", (None, True), message=CANARY), by="anna"
        )
        found.history.tell(booking(BookingApproved, "anna", (True, True)))
        await found.read_and_send()
        yield found


def copier(cell: NotifierCell, databases: Databases, analysts: Analytics | None = None) -> Any:
    """Return one that copies little at once."""
    return NoticeCopier(
        cell.pool, analysts or databases.analysts, databases.history, KEY, rows_at_once=2
    )


async def copy(made: NoticeCopier) -> None:
    while await made.copy_some():
        pass


async def rows(databases: Databases, sql: str) -> list[tuple[Any, ...]]:
    return (await databases.analysts.query(sql)).rows


async def test_each_notice_is_copied_once_and_names_only_followers(
    cell: NotifierCell, databases: Databases
) -> None:
    await copy(copier(cell, databases))
    told = await rows(databases, NAMED)
    sent = {
        one["recipient"]: one
        for one in await cell.lines()
        if one["kind"] == "announce_new" and one["state"] == "sent"
    }
    assert {*map(str, sent)} == {*FOLLOWERS, person("vera")}
    assert sorted(told) == sorted(
        (
            "announce_new",
            KEY.replace(str(recipient)),
            KEY.replace(str(one["announcement_id"])),
            to_ms(one["happened_at"]),
            to_ms(one["sent_at"]),
        )
        for recipient, one in sent.items()
        if str(recipient) in FOLLOWERS
    )
    await copy(copier(cell, databases))
    assert await rows(databases, "SELECT count() FROM notices") == [(len(await cell.lines()),)]


async def test_an_answer_that_is_told_leads_to_no_booking(
    cell: NotifierCell, databases: Databases
) -> None:
    """A block ends requests by an answer that nobody is told of: no answer may be known by that."""
    cell.history.tell(booking(BookingRequested, "boris", (None, True)), by="boris")
    cell.history.tell(booking(BookingRejected, "boris", (False, True)))
    await cell.read_and_send()
    await copy(copier(cell, databases))
    answers = "FROM notices FINAL WHERE kind = 'booking_status' AND state = 'sent'"
    assert await rows(databases, f"SELECT count() > 0 {answers}") == [(1,)]
    midnight = to_ms(BEGIN.replace(hour=0, minute=0, second=0, microsecond=0))
    shown = await rows(
        databases,
        f"""SELECT DISTINCT seq, recipient_id, announcement_id, booking_id, at_ms, due_at_ms,
            sent_at_ms < {midnight + 600_000} {answers}""",
    )
    assert shown == [(0, "", "", "", midnight, midnight, 1)]


async def test_a_notice_that_waits_shows_nobody_even_when_it_is_sent(
    cell: NotifierCell, databases: Databases
) -> None:
    made = copier(cell, databases)
    await copy(made)
    await cell.wait(days=2.5)
    await copy(made)
    reminded = """
        SELECT recipient, event_seq, evening_id FROM current_notices
        WHERE notice_kind = 'remind_day' AND current_state = 'sent'
    """
    assert set(await rows(databases, reminded)) == {("", 0, "")}


async def test_nobodys_words_and_no_id_are_copied(cell: NotifierCell, databases: Databases) -> None:
    cell.around.clicked = [Click(1, f"/a/{announcement()}", BEGIN)]
    await ClickCollector(ClickStore(cell.pool), cell.around).collect_some()
    await copy(copier(cell, databases))
    everything = ""
    for table in ("notices", "clicks", "copied"):
        found = await rows(databases, f"SELECT * FROM {table}")
        assert found, table
        everything += str(found)
    for secret in (CANARY, "Anna", person("anna"), person("host"), announcement(), "http"):
        assert secret not in everything


async def test_why_somebody_is_not_told_shows_no_block(
    cell: NotifierCell, databases: Databases
) -> None:
    await cell.pool.execute(
        "UPDATE notifier.notices SET state = 'dropped',"
        " reason = CASE WHEN kind = 'remind_day' THEN 'apart' ELSE 'cancelled' END"
        " WHERE state = 'waiting'"
    )
    await copy(copier(cell, databases))
    dropped = "SELECT DISTINCT kind, reason, recipient_id FROM notices WHERE state = 'dropped'"
    assert set(await rows(databases, dropped)) >= {
        ("remind_day", "", ""),
        ("remind_hour", "cancelled", ""),
    }


class EndsBeforeThePosition:
    """An engine of which the process dies after the rows are written."""

    def __init__(self, analysts: Analytics) -> None:
        self._analysts = analysts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._analysts, name)

    async def insert(self, table: str, columns: Columns) -> None:
        if table == "copied":
            raise KeyboardInterrupt
        await self._analysts.insert(table, columns)


async def test_killed_before_the_position_it_copies_again_and_counts_once(
    cell: NotifierCell, databases: Databases
) -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            await copier(cell, databases, EndsBeforeThePosition(databases.analysts)).copy_some()
    await copy(copier(cell, databases))
    lines = len(await cell.lines())
    assert await rows(databases, "SELECT count() FROM notices FINAL") == [(lines,)]
    assert await rows(databases, "SELECT count() FROM current_notices") == [(lines,)]


async def test_it_waits_for_a_transaction_that_still_runs(
    cell: NotifierCell, databases: Databases
) -> None:
    made = copier(cell, databases)
    await copy(made)
    hold = "UPDATE notifier.notices SET state = 'dropped', reason = 'over' WHERE id = $1"
    first, second = [one["id"] for one in await cell.lines(state="waiting")][:2]
    ended = "SELECT count() FROM current_notices WHERE current_reason = 'over'"
    async with cell.pool.acquire() as connection:
        slow = connection.transaction()
        await slow.start()
        await connection.execute(ALLOW_COMPUTING)
        await connection.execute(hold, first)
        await cell.pool.execute(hold, second)
        await copy(made)
        assert await rows(databases, ended) == [(0,)]
        await slow.commit()
    await copy(made)
    assert await rows(databases, ended) == [(2,)]


async def test_an_idle_source_is_begun_once_even_if_it_is_empty(
    cell: NotifierCell, databases: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    assert await cell.pool.fetchval("SELECT count(*) FROM notifier.clicks") == 0
    await copy(copier(cell, databases))
    stored = "SELECT source, version, epoch, changed_xid, id FROM copied FINAL ORDER BY source"
    positions = await rows(databases, stored)
    assert [source for source, *_ in positions] == [CLICKS.view, NOTICES.view]
    with caplog.at_level(logging.INFO):
        for made in (copier(cell, databases), copier(cell, databases)):
            assert not await made.copy_some()
    assert "from the beginning" not in caplog.text
    assert await rows(databases, stored) == positions


@pytest.mark.parametrize("noted", [True, False])
async def test_restored_tables_are_copied_again(
    cell: NotifierCell, databases: Databases, noted: bool
) -> None:
    made = copier(cell, databases)
    await copy(made)
    position = await load_position(databases.analysts, NOTICES.view)
    if noted:
        await note_restored(cell.journal, cell.pool)
    else:
        await save_position(databases.analysts, NOTICES.view, position.step_to(2**40, 1))
    await databases.analysts.execute("TRUNCATE TABLE notices")
    await cell.pool.execute(
        "UPDATE notifier.notices SET state = 'dropped', reason = 'over' WHERE state = 'waiting'"
    )
    await copy(made)
    states = "SELECT DISTINCT current_state FROM current_notices"
    assert {state for (state,) in await rows(databases, states)} == {"sent", "dropped"}
    lines = len(await cell.lines())
    assert await rows(databases, "SELECT count() FROM current_notices") == [(lines,)]


async def test_an_erased_person_is_in_no_copy(cell: NotifierCell, databases: Databases) -> None:
    made = copier(cell, databases)
    await copy(made)
    anna, boris = (KEY.replace(person(name)) for name in ("anna", "boris"))
    recipients = "SELECT DISTINCT recipient_id FROM notices WHERE recipient_id != ''"
    assert {one for (one,) in await rows(databases, recipients)} == {anna, boris}
    erased_at = BEGIN + timedelta(hours=1)
    erasure = {
        "type": "person.erased",
        "seq": 9,
        "person_id": person("anna"),
        "at_ms": to_ms(erased_at),
        "day": erased_at.date(),
    }
    await databases.history.insert("events", {name: [one] for name, one in erasure.items()})
    await copy(made)
    async for _ in within():
        if {one for (one,) in await rows(databases, recipients)} == {boris}:
            break
    # The notifier has not deleted its rows yet, and all is copied again.
    for table in ("notices", "copied"):
        await databases.analysts.execute(f"TRUNCATE TABLE {table}")
    await copy(copier(cell, databases))
    assert {one for (one,) in await rows(databases, recipients)} == {boris}


async def test_a_notice_that_was_dropped_for_an_erasure_waits_no_more(
    cell: NotifierCell, databases: Databases
) -> None:
    made = copier(cell, databases)
    await copy(made)
    erasure = {
        "type": "person.erased",
        "seq": 9,
        "person_id": person("anna"),
        "at_ms": to_ms(BEGIN + timedelta(hours=1)),
        "day": BEGIN.date(),
    }
    await databases.history.insert("events", {name: [one] for name, one in erasure.items()})
    dropped = await cell.pool.fetch(
        "UPDATE notifier.notices SET state = 'dropped', reason = 'erased'"
        " WHERE state = 'waiting' AND recipient = $1 RETURNING id",
        person("anna"),
    )
    assert dropped
    await copy(made)
    ended = "SELECT current_reason, recipient FROM current_notices WHERE current_state = 'dropped'"
    assert await rows(databases, ended) == [("", "")] * len(dropped)


async def erase_anna(cell: NotifierCell) -> None:
    """Let the notifier delete all notices to Anna."""
    cell.history.tell(PersonErased(person_id=person("anna")), by=SYSTEM)
    await cell.read()
    await cell.erase()
    assert await cell.lines(person("anna")) == []


async def test_a_notice_that_is_deleted_before_its_end_is_copied_waits_no_more(
    cell: NotifierCell, databases: Databases
) -> None:
    made = copier(cell, databases)
    await copy(made)
    states = "SELECT current_state, count() FROM current_notices GROUP BY current_state"
    before = dict(await rows(databases, states))
    to_anna = len(await cell.lines(person("anna"), state="waiting"))
    assert to_anna > 0
    await erase_anna(cell)
    await copy(made)
    after = dict(await rows(databases, states))
    assert after["waiting"] == before["waiting"] - to_anna
    assert after["dropped"] == before.get("dropped", 0) + to_anna


async def test_what_a_follower_was_told_just_before_their_erasure_is_in_no_copy(
    cell: NotifierCell, databases: Databases
) -> None:
    told = (await cell.lines(person("anna"), kind="announce_new"))[0]
    waits = "UPDATE notifier.notices SET state = 'waiting', sent_at = NULL WHERE id = $1"
    await cell.pool.execute(waits, told["id"])
    made = copier(cell, databases)
    await copy(made)
    notice_id = KEY.replace(f"notice:{told['key']}")
    copied = f"FROM notices WHERE notice_id = '{notice_id}'"
    assert await rows(databases, f"SELECT state, recipient_id {copied}") == [("waiting", "")]
    sent = "UPDATE notifier.notices SET state = 'sent', sent_at = $2 WHERE id = $1"
    await cell.pool.execute(sent, told["id"], told["sent_at"])
    await erase_anna(cell)
    await copy(made)
    async for _ in within():
        if await rows(databases, f"SELECT count() {copied}") == [(0,)]:
            break


class MergesWhenAsked:
    """An engine that merges nothing by itself until it is asked to."""

    def __init__(self, analysts: Analytics, table: str) -> None:
        self._analysts = analysts
        self._table = table

    def __getattr__(self, name: str) -> Any:
        return getattr(self._analysts, name)

    async def execute(self, sql: str) -> None:
        if sql.startswith("OPTIMIZE"):
            await self._analysts.execute(f"SYSTEM START MERGES {self._table}")
        await self._analysts.execute(sql)


async def test_nothing_shows_which_notices_were_copied_together(
    cell: NotifierCell, databases: Databases
) -> None:
    """Neither the names of parts, nor numbers of blocks, nor the order of the rows."""
    table = f"{(await databases.analysts.query('SELECT currentDatabase()')).rows[0][0]}.notices"
    await databases.analysts.execute(f"SYSTEM STOP MERGES {table}")
    await copy(copier(cell, databases))
    parts = "SELECT uniqExact(_part), uniqExact(blockNumber()) FROM notices"
    in_parts, in_blocks = (await rows(databases, parts))[0]
    assert min(in_parts, in_blocks) > 1
    merging = cast(Analytics, MergesWhenAsked(databases.analysts, table))
    await copy(copier(cell, databases, merging))
    assert await rows(databases, parts) == [(1, 1)]
    shown = await rows(databases, "SELECT kind, notice_id FROM notices")
    assert shown == sorted(shown)
    assert len(shown) == len(await cell.lines())


async def test_merges_wait_for_their_time_and_fail_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now, asked = 0.0, []

    class SlowMerges:
        """An engine that takes a minute to merge, and then fails."""

        async def query(self, sql: str) -> ResultSet:
            asked.append(sql)
            return ResultSet(("partition",), ("String",), [("202603",)])

        async def execute(self, sql: str) -> None:
            nonlocal now
            asked.append(sql)
            now += 60.0
            raise AnalyticsUnavailable(sql)

    merger = PartMerger(cast(Analytics, SlowMerges()), lambda: now)
    await merger.merge_if_due()
    assert asked[-1] == "OPTIMIZE TABLE notices PARTITION 202603 FINAL"
    assert "not merged" in caplog.text
    now = 1_259.0
    await merger.merge_if_due()
    assert len(asked) == 2
    now = 1_261.0
    await merger.merge_if_due()
    assert len(asked) == 4
