"""Everyone is told, once, in time: reader, outbox and dispatcher over a real PostgreSQL."""

import asyncio
from collections.abc import Collection
from datetime import time, timedelta

import pytest
from asyncpg import CheckViolationError, Pool

from contracts.events.announcement import AnnouncementCancelled, AnnouncementDone
from contracts.events.booking import BookingApproved, BookingLeft, BookingRequested
from contracts.values.ids import PersonId
from notifier.delivery.leases import DeliveryResult
from notifier.delivery.preferences import Preferences
from notifier.dispatcher import Dispatcher
from notifier.store.outbox import NoticeOutbox
from notifier.store.queue import NoticeQueue
from runtime.following.reader import Step
from runtime.journal.tail import START
from runtime.postgres.migrations import migrate
from runtime.postgres.tables import Fenced
from runtime.process.clock_watch import ClockWatch, ClockWrong
from tests.cells.killed import Killed
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_chats import an_evening_with_a_chat, read, written
from tests.histories.notifier_events import (
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)
from tests.unit.notifier.folded import Folded

START_AT = created().event_time
HOUR = timedelta(hours=1)


@pytest.fixture
def evening(cell: NotifierCell) -> NotifierCell:
    """The host's evening in three days: Anna is confirmed, Boris asks, a fan follows."""
    told = cell.history
    cell.around.followers_of = {person("host"): (person("fan"), person("host"))}
    told.tell(*(seen(name) for name in ("host", "anna", "boris")), created(), published())
    for guest in ("anna", "boris"):
        told.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    told.tell(booking(BookingApproved, "anna", (True, True)))
    return cell


def cancelled() -> AnnouncementCancelled:
    return AnnouncementCancelled(announcement_id=announcement(), version=4, by="author")


def reminders_sent(cell: NotifierCell, name: str) -> list[str]:
    return [one.event_type for one in cell.around.got(person(name)) if "remind" in one.event_type]


async def test_while_its_clock_is_wrong_the_notifier_sends_nothing_and_gives_nothing_up(
    evening: NotifierCell,
) -> None:
    watch = ClockWatch(lambda: evening.now, lambda: 0.0)
    watch.compare(round(evening.now.timestamp() * 1000))
    dispatcher, right = evening.dispatcher(clock=watch.now), evening.now
    await evening.read()
    for days in (3, -3):  # The evening would be over, or far away.
        evening.now = right + timedelta(days=days)
        with pytest.raises(ClockWrong):
            await dispatcher.dispatch_due()
        assert evening.around.got() == []
    evening.now = right
    while await dispatcher.dispatch_due():
        pass
    assert evening.around.got(person("anna"))
    assert reminders_sent(evening, "anna") == []
    states = {line["state"] for line in await evening.lines(person("anna"))}
    assert states <= {"sent", "waiting", "dropped"}


async def test_everybody_is_told_with_one_stable_short_link(evening: NotifierCell) -> None:
    await evening.read_and_send()
    evening.history.tell(edited(title="New"))
    await evening.wait(seconds=60)
    got = {(one.user_id, one.event_type) for one in evening.around.inbox.values()}
    assert got == {
        (person("fan"), "announce_new"),
        *((person(name), "booking_new") for name in ("host", "anna", "boris")),
        *((person(name), "booking_status") for name in ("host", "anna")),
        *((person(name), "announce_put") for name in ("host", "anna", "boris")),
    }
    assert len({one.short_link for one in evening.around.inbox.values()}) == 1
    assert set(evening.around.calls.values()) == {1}


@pytest.mark.parametrize("lost", [(), ("evenings", "participations", "people")])
async def test_reading_the_whole_journal_again_twice_sends_nothing_twice(
    evening: NotifierCell, lost: Collection[str]
) -> None:
    evening.history.tell(edited(title="Second"))
    evening.history.tell(edited(title="Third"))
    await evening.wait(seconds=60)
    before = dict(evening.around.calls)
    rows = len(await evening.lines())
    for _ in range(2):
        await evening.forget(lost)
        await evening.wait(seconds=60)
    assert dict(evening.around.calls) == before
    assert set(before.values()) == {1}
    assert len(await evening.lines()) == rows
    # And it goes on from there.
    evening.history.tell(edited(title="Fourth"))
    await evening.wait(seconds=61)
    assert len(evening.around.got(person("anna"), "announce_put")) == 2


async def test_an_edit_joins_one_that_waits_in_the_outbox(evening: NotifierCell) -> None:
    evening.history.tell(edited(title="Second"))
    await evening.wait(seconds=30)
    assert evening.around.got(kind="announce_put") == []
    evening.history.tell(edited(title="Third"))
    await evening.wait(seconds=30)
    (notice,) = evening.around.got(person("boris"), "announce_put")
    assert notice.context["diff"] == {"title": {"old": "Together", "new": "Third"}}
    (line,) = await evening.lines(person("boris"), kind="announce_put")
    assert [one["event_type"] for one in line["sources"]] == ["announcement.changed.v1"] * 2


async def test_an_edit_that_is_taken_back_leaves_a_line_and_no_message(
    evening: NotifierCell,
) -> None:
    evening.history.tell(edited(title="Second"))
    await evening.wait(seconds=30)
    evening.history.tell(edited(title="Together"))
    await evening.wait(seconds=60)
    assert evening.around.got(kind="announce_put") == []
    assert (await evening.states(person("anna"), "announce_put")) == {
        "announce_put": ("dropped", "taken_back")
    }


async def test_reminders_go_a_day_and_an_hour_before(evening: NotifierCell) -> None:
    await evening.at(START_AT - 24 * HOUR - timedelta(seconds=1))
    assert reminders_sent(evening, "anna") == []
    await evening.at(START_AT - 24 * HOUR)
    assert reminders_sent(evening, "anna") == reminders_sent(evening, "host") == ["remind_day"]
    await evening.at(START_AT - HOUR)
    assert reminders_sent(evening, "anna") == ["remind_day", "remind_hour"]
    assert reminders_sent(evening, "boris") == []


async def test_an_evening_moved_inside_the_last_day_is_reminded_of_anew(
    evening: NotifierCell,
) -> None:
    await evening.at(START_AT - 20 * HOUR)
    assert reminders_sent(evening, "anna") == ["remind_day"]
    evening.history.tell(edited(event_time=START_AT - 4 * HOUR))  # 16 hours from now.
    await evening.read_and_send()
    assert reminders_sent(evening, "anna") == ["remind_day", "remind_day"]
    evening.history.tell(edited(event_time=START_AT - 9 * HOUR))  # 11: too late for the day.
    await evening.read_and_send()
    assert reminders_sent(evening, "anna") == ["remind_day", "remind_day"]
    states = await evening.states(person("anna"), "remind_day")
    assert states[f"remind_day {START_AT - 9 * HOUR}"] == ("skipped", "too_late")
    await evening.at(START_AT - 10 * HOUR)
    assert reminders_sent(evening, "anna")[2:] == ["remind_hour"]


async def test_moved_away_and_back_what_was_not_sent_is_due_again_and_what_was_is_not(
    evening: NotifierCell,
) -> None:
    await evening.at(START_AT - 23 * HOUR)
    assert reminders_sent(evening, "anna") == ["remind_day"]
    evening.history.tell(edited(event_time=START_AT + 48 * HOUR))
    await evening.read_and_send()
    states = await evening.states(person("anna"), "remind_hour")
    assert states[f"remind_hour {START_AT}"] == ("dropped", "moved")
    evening.history.tell(edited(event_time=START_AT))
    await evening.at(START_AT - HOUR)
    assert reminders_sent(evening, "anna") == ["remind_day", "remind_hour"]
    assert set(evening.around.calls.values()) == {1}


async def test_cancelled_after_planning_nobody_is_reminded(evening: NotifierCell) -> None:
    await evening.read_and_send()
    evening.history.tell(cancelled())
    await evening.read_and_send()
    assert {one.user_id for one in evening.around.got(kind="announce_delete")} == {
        person(name) for name in ("host", "anna", "boris")
    }
    await evening.at(START_AT)
    assert reminders_sent(evening, "anna") == []
    states = await evening.states(person("anna"), "remind_day", "remind_hour")
    assert set(states.values()) == {("dropped", "cancelled")}


async def test_cancelled_in_quiet_hours_the_morning_brings_no_older_news(
    evening: NotifierCell,
) -> None:
    night = Preferences(quiet_from=time(11), quiet_to=time(13))  # In Moscow it is noon.
    await evening.preferences.save(person("anna"), night)
    await evening.read_and_send()
    assert evening.around.got(person("anna")) == []
    evening.history.tell(cancelled())
    await evening.read_and_send()
    await evening.wait(hours=2)
    assert [one.event_type for one in evening.around.got(person("anna"))] == ["announce_delete"]
    assert await evening.states(person("anna"), "booking_new", "booking_status") == {
        "booking_new": ("dropped", "cancelled"),
        "booking_status": ("dropped", "cancelled"),
    }


async def test_what_quiet_hours_held_back_goes_once_they_are_removed(
    evening: NotifierCell,
) -> None:
    night = Preferences(quiet_from=time(11), quiet_to=time(13))  # In Moscow it is noon.
    for guest in ("anna", "boris"):
        await evening.preferences.save(person(guest), night)
    await evening.read_and_send()
    await evening.preferences.save(person("anna"), Preferences(), dry_run=True)
    await evening.send()
    assert evening.around.got(person("anna")) == []
    await evening.preferences.save(person("anna"), Preferences())
    await evening.send()
    assert evening.around.got(person("anna")) != []
    assert reminders_sent(evening, "anna") == []
    assert evening.around.got(person("boris")) == []


async def test_who_leaves_is_not_reminded(evening: NotifierCell) -> None:
    await evening.read_and_send()
    evening.history.tell(booking(BookingLeft, "anna", (True, False)), by="anna")
    await evening.at(START_AT - HOUR)
    assert reminders_sent(evening, "anna") == []
    assert reminders_sent(evening, "host") == ["remind_hour"]


async def test_the_request_to_rate_comes_when_it_is_over_and_on_day_eleven(
    evening: NotifierCell,
) -> None:
    await evening.at(START_AT + 2 * HOUR)
    evening.history.tell(AnnouncementDone(announcement_id=announcement(), version=4), by="system")
    await evening.read_and_send()
    assert len(evening.around.got(person("host"), "announce_done")) == 1
    assert len(evening.around.got(person("anna"), "score_request")) == 1
    await evening.wait(days=11)
    assert len(evening.around.got(person("anna"), "score_request")) == 2
    assert len(evening.around.got(person("host"), "score_request")) == 1


async def test_d20_notification_down_for_an_hour_delays_and_loses_nothing(
    evening: NotifierCell,
) -> None:
    """D20: a notice was lost when the call failed, and repeated when it was retried."""
    evening.around.down = {"notification"}
    for _ in range(60):
        await evening.wait(minutes=1)
    assert evening.around.inbox == {}
    evening.around.down.clear()
    await evening.wait(minutes=5)  # The longest pause between two attempts.
    assert {line["state"] for line in await evening.lines(state="waiting")} == {"waiting"}
    assert {line["kind"] for line in await evening.lines(state="waiting")} == {
        "booking_unanswered",
        "remind_day",
        "remind_hour",
    }
    assert len(evening.around.inbox) == 7
    assert set(evening.around.calls.values()) == {1}


async def test_an_hour_reminder_that_could_not_go_still_goes_in_time_or_not_at_all(
    evening: NotifierCell,
) -> None:
    await evening.at(START_AT - 2 * HOUR)
    evening.around.down = {"notification"}
    await evening.at(START_AT - HOUR)
    evening.around.down = set()
    await evening.at(START_AT - timedelta(minutes=16))
    assert reminders_sent(evening, "anna") == ["remind_hour"]
    evening.history.tell(edited(event_time=START_AT + 9 * HOUR))
    await evening.read_and_send()
    evening.around.down = {"notification"}
    await evening.at(START_AT + 8 * HOUR)
    await evening.at(START_AT + 9 * HOUR - timedelta(minutes=15))
    states = await evening.states(person("anna"), "remind_hour")
    assert states[f"remind_hour {START_AT + 9 * HOUR}"] == ("skipped", "too_late")


async def test_what_cannot_be_delivered_within_the_budget_is_parked_with_its_reason(
    evening: NotifierCell,
) -> None:
    evening.around.down = {"notification"}
    await evening.wait(hours=1)
    await evening.wait(days=3)
    states = await evening.states(person("boris"), "booking_new")
    assert states == {"booking_new": ("parked", "notification does not answer")}


async def test_what_is_refused_is_parked_at_once(evening: NotifierCell) -> None:
    evening.around.refused = {"booking_new"}
    await evening.read_and_send()
    states = await evening.states(person("boris"), "booking_new")
    assert states == {"booking_new": ("parked", "notification refused it with 422")}
    assert set(evening.around.calls.values()) == {1}


async def test_d19_without_the_shortener_notices_wait_and_then_have_their_link(
    evening: NotifierCell,
) -> None:
    """D19: the link is made once and kept; a failure is no link, and no message without one."""
    evening.around.down = {"shortener"}
    await evening.read_and_send()
    assert evening.around.inbox == {}
    evening.around.down.clear()
    await evening.wait(minutes=1)
    assert {one.short_link for one in evening.around.inbox.values()} == {
        f"http://s/{announcement()[-4:]}"
    }


async def test_d6_whoever_is_to_come_is_told_of_a_change_and_of_the_end(
    evening: NotifierCell,
) -> None:
    """D6: the wrong look-up found nobody, so guests were never told."""
    evening.history.tell(edited(event_location="Arbat 5"))
    await evening.wait(seconds=60)
    evening.history.tell(cancelled())
    await evening.read_and_send()
    for guest in ("anna", "boris"):
        kinds = [one.event_type for one in evening.around.got(person(guest))]
        assert {"announce_put", "announce_delete"} <= set(kinds)


async def test_followers_wait_for_ugc_and_are_told_once(evening: NotifierCell) -> None:
    evening.around.down = {"ugc"}
    await evening.read_and_send()
    assert evening.around.got(kind="announce_new") == []
    evening.around.down.clear()
    await evening.wait(minutes=1)
    assert [one.user_id for one in evening.around.got(kind="announce_new")] == [person("fan")]


async def test_followers_are_not_told_of_what_was_cancelled_before_they_were_known(
    evening: NotifierCell,
) -> None:
    evening.around.down = {"ugc"}
    await evening.read_and_send()
    evening.history.tell(cancelled())
    await evening.read_and_send()
    evening.around.down.clear()
    await evening.wait(minutes=10)
    assert evening.around.got(kind="announce_new") == []


async def test_followers_that_are_nobody_park_the_fan_out_alone(evening: NotifierCell) -> None:
    evening.around.followers_of = {person("host"): (person("fan"), PersonId("nobody"))}
    await evening.read_and_send()
    assert evening.around.got(kind="announce_new") == []
    assert len(evening.around.got(person("anna"))) == 2
    parked = await evening.pool.fetchval("SELECT reason FROM notifier.fanouts")
    assert parked == "ugc names what are no ids"


async def test_a_mistake_of_ours_parks_one_notice_alone(evening: NotifierCell) -> None:
    await evening.read()
    await evening.pool.execute(
        "UPDATE notifier.notices SET facts = '{}' WHERE key LIKE $1", f"%{person('boris')}%"
    )
    await evening.send()
    states = await evening.states(person("boris"), "booking_new")
    assert states == {"booking_new": ("parked", "internal_error")}
    assert len(evening.around.got(person("anna"))) == 2


async def test_a_notice_that_cannot_be_read_is_parked_alone(evening: NotifierCell) -> None:
    await evening.read()
    await evening.pool.execute(
        "UPDATE notifier.notices SET happened_at = '12000-01-01' WHERE key LIKE $1",
        f"%{person('boris')}%",
    )
    await evening.send()
    parked = await evening.pool.fetch(
        "SELECT recipient, reason FROM notifier.notices WHERE state = 'parked'"
    )
    assert [tuple(row) for row in parked] == [(person("boris"), "internal_error")]
    assert len(evening.around.got(person("anna"))) == 2


async def test_an_evening_that_cannot_be_read_parks_what_is_said_of_it_alone(
    evening: NotifierCell,
) -> None:
    evening.history.tell(created("other"), published("other"))
    evening.history.tell(booking(BookingRequested, "anna", (None, True), "other"), by="anna")
    await evening.read()
    await evening.pool.execute(
        "UPDATE notifier.evenings SET state = '{}' WHERE announcement_id = $1", announcement()
    )
    await evening.send()
    (told,) = evening.around.got(person("anna"))
    assert told.context["announcement_id"] == announcement("other")
    assert await evening.states(person("boris"), "booking_new") == {
        "booking_new": ("parked", "internal_error")
    }
    fanouts = await evening.pool.fetch("SELECT state, reason FROM notifier.fanouts ORDER BY seq")
    assert [tuple(row) for row in fanouts] == [("parked", "internal_error"), ("done", None)]


async def test_ends_beyond_all_years_are_healed_and_written_no_more(evening: NotifierCell) -> None:
    await evening.read()
    with pytest.raises(CheckViolationError):
        await evening.pool.execute("UPDATE notifier.notices SET expires_at = '10000-01-01'")
    for table in ("notices", "fanouts"):
        await evening.pool.execute(
            f"ALTER TABLE notifier.{table} DROP CONSTRAINT {table}_end_is_readable"
        )
        await evening.pool.execute(f"UPDATE notifier.{table} SET expires_at = '10000-01-01'")
    await evening.pool.execute("UPDATE notifier.notices SET state = 'parked', reason = 'E(''x'')'")
    await evening.pool.execute("DELETE FROM schema_migrations WHERE name LIKE '0011%'")
    await migrate(evening.pool)
    ends = await evening.pool.fetch(
        "SELECT expires_at, reason FROM notifier.notices"
        " UNION ALL SELECT expires_at, 'internal_error' FROM notifier.fanouts"
    )
    assert {(row["expires_at"].year, row["reason"]) for row in ends} == {(2126, "internal_error")}


async def test_ten_thousand_recipients_of_one_change_are_told_once_by_two_dispatchers(
    cell: NotifierCell,
) -> None:
    guests = [f"guest {n}" for n in range(10_000)]
    cell.history.tell(seen("host"), created(ticket_count=10_000), published())
    for start in range(0, len(guests), 500):
        part = guests[start : start + 500]
        cell.history.tell(*(seen(name) for name in part))
        cell.history.tell(*(booking(BookingRequested, name, (None, True)) for name in part))
    await cell.read()
    await cell.pool.execute("UPDATE notifier.notices SET state = 'skipped'")
    cell.history.tell(edited(title="New"))
    await cell.read()
    cell.now += timedelta(seconds=60)

    async def work(dispatcher: Dispatcher) -> None:
        while await dispatcher.dispatch_due():
            pass

    await asyncio.gather(work(cell.dispatcher()), work(cell.dispatcher()))
    assert len(cell.around.got(kind="announce_put")) == 10_001
    assert set(cell.around.calls.values()) == {1}


class KilledBeforeRecording(NoticeQueue):
    """The process ends between sending and writing that down."""

    async def record(
        self, results: Collection[DeliveryResult], unread: Collection[int] = ()
    ) -> None:
        raise Killed


async def test_killed_between_sending_and_recording_the_key_keeps_it_single(
    evening: NotifierCell,
) -> None:
    await evening.read()
    with pytest.raises(Killed):
        await evening.dispatcher(KilledBeforeRecording(evening.pool)).dispatch_due()
    assert set(evening.around.calls.values()) == {1}
    sent = len(evening.around.inbox)
    await evening.send()  # Its rows are not ours while the lease lasts.
    assert set(evening.around.calls.values()) == {1}
    await evening.wait(minutes=3)
    assert set(evening.around.calls.values()) == {2}
    assert len(evening.around.inbox) == sent
    assert {line["state"] for line in await evening.lines(kind="booking_new")} == {"sent"}


async def test_two_readers_of_one_outbox_are_fenced(evening: NotifierCell) -> None:
    await evening.read()
    with pytest.raises(Fenced):
        async with NoticeOutbox(evening.pool).transaction(Step(START, START, None)):
            pass


async def test_a_running_reader_reads_again_what_the_tables_have_lost(
    evening: NotifierCell,
) -> None:
    async with evening.reading() as reader:
        await evening.follow_history(reader)
        await evening.send()
        await evening.forget()
        evening.history.tell(cancelled())
        await evening.follow_history(reader)
    await evening.send()
    assert evening.around.got(person("anna"), "announce_delete")
    assert set(evening.around.calls.values()) == {1}


async def test_what_the_tables_cannot_hold_is_parked_and_the_rest_goes_on(
    evening: NotifierCell,
) -> None:
    evening.history.tell(created("too long", ticket_count=1, host="host"), by="host")
    evening.history.tell(seen("vera", language="ru\0"))
    evening.history.tell(cancelled())
    await evening.read_and_send()
    letters = await evening.pool.fetch("SELECT type FROM notifier.dead_letters")
    assert [row["type"] for row in letters] == ["person.seen.v1"]
    assert evening.around.got(person("anna"), "announce_delete")


async def test_the_outbox_says_what_one_fold_in_memory_says(
    evening: NotifierCell, postgres_dsn: str
) -> None:
    """However the journal is cut into batches."""
    for turn in range(6):
        evening.history.tell(edited(title=f"Title {turn}", event_time=START_AT + turn * HOUR))
        evening.history.wait(seconds=25)
        await evening.read()
    expected = Folded(evening.history.commits).plan.notices
    waiting = {row.key: row.facts for row in expected if row.state == "waiting"}
    assert waiting == await _waiting(evening.pool)


async def _waiting(pool: Pool) -> dict[str, object]:
    rows = await pool.fetch("SELECT key, facts FROM notifier.notices WHERE state = 'waiting'")
    return {row["key"]: row["facts"] for row in rows}


def digests_sent(cell: NotifierCell) -> dict[str, int]:
    names = ("host", "anna", "boris")
    return {name: len(cell.around.got(person(name), "chat_digest")) for name in names}


async def test_who_is_away_is_told_once_of_new_posts_until_they_read(cell: NotifierCell) -> None:
    cell.history = an_evening_with_a_chat()
    await cell.read_and_send()
    for number in (1, 2):  # Each batch loads what the one before saved.
        cell.history.tell(written("anna", number))
        await cell.read_and_send()
    assert digests_sent(cell) == {"host": 0, "anna": 0, "boris": 0}
    cell.history.tell(read("boris"))
    await cell.wait(minutes=10)
    assert digests_sent(cell) == {"host": 1, "anna": 0, "boris": 0}

    cell.history.tell(written("anna", 3))
    await cell.read_and_send()
    cell.history.tell(booking(BookingLeft, "boris", (True, False)), by="boris")
    await cell.wait(minutes=10)
    assert digests_sent(cell) == {"host": 1, "anna": 0, "boris": 0}

    cell.history.tell(read("host"))
    cell.history.tell(written("anna", 4))
    await cell.wait(minutes=10)
    assert digests_sent(cell) == {"host": 2, "anna": 0, "boris": 0}
    (first, _) = cell.around.got(person("host"), "chat_digest")
    assert "Hello" not in repr(first)

    before = dict(cell.around.calls)
    await cell.forget(["told_of_chats"])
    await cell.read_and_send()
    assert cell.around.calls == before, "nothing is sent twice"
