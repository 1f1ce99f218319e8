"""Quick edits become one notice; reminders follow the evening."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw, structs

from contracts.events.announcement import AnnouncementCancelled, AnnouncementDone
from contracts.events.booking import BookingApproved, BookingLeft, BookingRejected, BookingRequested
from notifier.delivery.backoff import Backoff
from notifier.planning.notice_plan import PlannedNotice
from tests.unit.notifier.told import (
    Folded,
    History,
    announcement,
    booking,
    created,
    edited,
    person,
    published,
)

START = created().event_time
LATER = START + timedelta(days=2)


@pytest.fixture
def history() -> History:
    """Anna is confirmed, Boris asks."""
    told = History()
    told.tell(created(), published())
    for guest in ("anna", "boris"):
        told.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    told.tell(booking(BookingApproved, "anna", (True, True)))
    return told


def edits(history: History, name: str = "anna") -> list[PlannedNotice]:
    return [row for row in Folded(history.commits).rows("announce_put") if _of(row, name)]


def planned(history: History, name: str) -> set[tuple[str, datetime]]:
    rows = Folded(history.commits).rows("remind_day", "remind_hour")
    return {(row.kind, row.due_at) for row in rows if _of(row, name)}


def both(event_time: datetime) -> set[tuple[str, datetime]]:
    day, hour = timedelta(hours=24), timedelta(hours=1)
    return {("remind_day", event_time - day), ("remind_hour", event_time - hour)}


def _of(row: PlannedNotice, name: str) -> bool:
    return row.recipient == person(name)


def test_edits_within_a_minute_are_one_notice_that_keeps_its_sources(history: History) -> None:
    first = history.tell(edited(title="Second"))
    history.wait(seconds=30)
    second = history.tell(edited(title="Third", ticket_count=7))
    (row,) = edits(history)
    assert [one.seq for one in row.sources] == [first, second]
    assert row.due_at == history.commits[-2].decided_at + timedelta(seconds=60)
    assert row.facts["diff"] == {
        "title": {"old": "Together", "new": "Third"},
        "ticket_count": {"old": 5, "new": 7},
    }


def test_an_edit_after_a_minute_is_another_notice(history: History) -> None:
    history.tell(edited(title="Second"))
    history.wait(seconds=60)
    history.tell(edited(title="Third"))
    assert [row.facts["diff"]["title"]["new"] for row in edits(history)] == ["Second", "Third"]


def test_an_edit_that_is_taken_back_is_not_told(history: History) -> None:
    history.tell(edited(title="Second"))
    history.tell(edited(title="Together"))
    (row,) = edits(history)
    assert (row.state, row.reason) == ("dropped", "taken_back")
    history.tell(edited(title="Third"))
    assert [row.state for row in edits(history)] == ["dropped", "waiting"]


def test_what_is_not_worth_telling_is_not_told(history: History) -> None:
    history.tell(edited(location_hint="near the park", price_amount=None))
    assert edits(history) == []


def test_a_hidden_address_is_told_to_the_confirmed_and_the_author_alone() -> None:
    history = History()
    history.tell(created(hide_location=True), published())
    for guest in ("anna", "boris"):
        history.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    history.tell(booking(BookingApproved, "anna", (True, True)))
    history.tell(edited(event_location="Secret 2"))
    history.tell(edited(event_location="Secret 3"))
    shown = {name: edits(history, name)[0].facts for name in ("host", "anna", "boris")}
    assert shown["host"]["diff"]["event_location"]["new"] == "Secret 3"
    assert shown["anna"]["diff"]["event_location"]["new"] == "Secret 3"
    assert "Secret" not in str(shown["boris"])
    assert shown["boris"]["diff"]["event_location"] == {"hidden": True}


def test_a_cancellation_takes_back_what_waits_to_be_said(history: History) -> None:
    history.tell(edited(title="Second"))
    cancelled = AnnouncementCancelled(announcement_id=announcement(), version=4, by="author")
    history.tell(cancelled)
    assert [row.state for row in edits(history)] == ["dropped"]
    assert planned(history, "anna") == planned(history, "host") == set()


def test_a_cancellation_takes_back_the_news_of_bookings_from_those_who_are_told_of_it(
    history: History,
) -> None:
    """Who was turned away is not told of the end, and so still hears of being turned away."""
    history.tell(booking(BookingRejected, "boris", (False, True)))
    history.tell(AnnouncementCancelled(announcement_id=announcement(), version=4, by="author"))
    rows = Folded(history.commits).rows("booking_new", "booking_status", "announce_delete")
    waiting = {(row.recipient, row.kind) for row in rows if row.state == "waiting"}
    assert waiting == {
        (person("boris"), "booking_new"),
        (person("boris"), "booking_status"),
        (person("host"), "announce_delete"),
        (person("anna"), "announce_delete"),
    }
    assert {row.reason for row in rows if row.state == "dropped"} == {"cancelled"}


def test_the_author_and_the_confirmed_are_reminded_a_day_and_an_hour_before(
    history: History,
) -> None:
    assert planned(history, "host") == planned(history, "anna") == both(START)
    assert planned(history, "boris") == set()


def test_a_reminder_may_be_late_but_not_too_late(history: History) -> None:
    rows = Folded(history.commits).rows("remind_day", "remind_hour")
    assert {(row.kind, START - row.expires_at) for row in rows} == {
        ("remind_day", timedelta(hours=12)),
        ("remind_hour", timedelta(minutes=15)),
    }


def test_reminders_move_with_the_evening_and_back(history: History) -> None:
    history.tell(edited(event_time=LATER))
    assert planned(history, "anna") == planned(history, "host") == both(LATER)
    history.tell(edited(event_time=START))
    assert planned(history, "anna") == planned(history, "host") == both(START)


def test_who_leaves_is_not_reminded_and_who_returns_is(history: History) -> None:
    history.tell(booking(BookingLeft, "anna", (True, False)), by="anna")
    assert planned(history, "anna") == set()
    assert planned(history, "host") == both(START)
    history.tell(booking(BookingApproved, "anna", (True, True)))
    assert planned(history, "anna") == both(START)


def test_what_is_over_needs_no_reminder(history: History) -> None:
    history.tell(AnnouncementDone(announcement_id=announcement(), version=4), by="system")
    assert planned(history, "anna") == planned(history, "host") == set()


def test_a_day_is_twenty_four_hours_also_where_clocks_change() -> None:
    """20:00 in Berlin on the day that lost an hour: 24 hours before, it was 19:00."""
    evening = datetime(2026, 3, 29, 18, 0, tzinfo=UTC)
    history = History()
    history.tell(created(event_time=evening, tz="Europe/Berlin"), published())
    assert planned(history, "host") == both(evening)


def test_a_key_names_the_fact_or_the_plan_and_nothing_twice(history: History) -> None:
    seq = history.tell(edited(title="Second"))
    (row,) = edits(history)
    assert row.key == f"{seq}:0:{person('anna')}:announce_put"
    keys = [row.key for row in Folded(history.commits).rows()]
    assert len(keys) == len(set(keys))
    moment = START.isoformat(timespec="milliseconds")
    assert f"{announcement()}:{person('anna')}:remind_day:{moment}" in keys


def test_what_was_told_before_builds_the_state_and_is_not_told_again(history: History) -> None:
    before = len(history.commits)
    seq = history.tell(edited(title="Second"))
    folded = Folded(history.commits, told_seq=history.commits[before - 1].seq)
    assert {row.sources[0].seq for row in folded.rows()} == {seq}
    assert len(folded.rows()) == 3


def test_an_event_that_cannot_be_read_stops_its_announcement_alone(history: History) -> None:
    unknown = Raw(
        b'{"type":"announcement.sung.v1","announcement_id":"%s"}' % announcement().encode()
    )
    history.tell(published("unheard of"))
    history.commits[-1] = structs.replace(history.commits[-1], events=(unknown,))
    history.tell(edited(title="Second"))
    history.tell(created("other"), published("other"))
    folded = Folded(history.commits)
    assert [(one.type, one.key) for one in folded.letters] == [
        ("announcement.sung.v1", announcement()),
        ("announcement.changed.v1", announcement()),
    ]
    assert announcement("other") in {row.announcement_id for row in folded.rows()}


def test_an_evening_that_was_never_created_is_parked(history: History) -> None:
    history.tell(published("unheard of"))
    (letter,) = Folded(history.commits).letters
    assert (letter.key, letter.type) == (announcement("unheard of"), "announcement.published.v1")


def test_pauses_grow_up_to_a_bound() -> None:
    class Highest:
        def random(self) -> float:
            return 1.0

    highest: Any = Highest()
    pauses = [Backoff(2.0, 60.0).pause(n, highest).total_seconds() for n in (1, 2, 3, 10, 10_000)]
    assert pauses == [2.0, 4.0, 8.0, 60.0, 60.0]
