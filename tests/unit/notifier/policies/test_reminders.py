"""Reminders follow the announcement and the guest."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.announcement import AnnouncementCancelled, AnnouncementDone
from contracts.events.booking import (
    BookingApproved,
    BookingLeft,
    BookingRejected,
    BookingRequested,
    BookingWithdrawn,
)
from contracts.events.stored.domain_event import DomainEvent
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    booking,
    created,
    edited,
    person,
    published,
)
from tests.unit.notifier.folded import Folded

START = created().event_time
LATER = START + timedelta(days=2)


def planned(history: NotifierHistory, name: str) -> set[tuple[str, datetime]]:
    return Folded(history.commits).reminders_of(name)


def both(event_time: datetime) -> set[tuple[str, datetime]]:
    day, hour = timedelta(hours=24), timedelta(hours=1)
    return {("remind_day", event_time - day), ("remind_hour", event_time - hour)}


def test_the_author_and_the_confirmed_are_reminded_a_day_and_an_hour_before(
    history: NotifierHistory,
) -> None:
    assert planned(history, "host") == planned(history, "anna") == both(START)
    assert planned(history, "boris") == set()


def test_a_reminder_may_be_late_but_not_too_late(history: NotifierHistory) -> None:
    rows = Folded(history.commits).rows("remind_day", "remind_hour")
    assert {(row.kind, START - row.expires_at) for row in rows} == {
        ("remind_day", timedelta(hours=12)),
        ("remind_hour", timedelta(minutes=15)),
    }


def test_reminders_move_with_the_evening_and_back(history: NotifierHistory) -> None:
    history.tell(edited(event_time=LATER))
    assert planned(history, "anna") == planned(history, "host") == both(LATER)
    history.tell(edited(event_time=START))
    assert planned(history, "anna") == planned(history, "host") == both(START)


def test_who_leaves_is_not_reminded_and_who_returns_is(history: NotifierHistory) -> None:
    history.tell(booking(BookingLeft, "anna", (True, False)), by="anna")
    assert planned(history, "anna") == set()
    assert planned(history, "host") == both(START)
    history.tell(booking(BookingApproved, "anna", (True, True)))
    assert planned(history, "anna") == both(START)


def test_what_is_over_needs_no_reminder(history: NotifierHistory) -> None:
    history.tell(AnnouncementDone(announcement_id=announcement(), version=4), by="system")
    assert planned(history, "anna") == planned(history, "host") == set()


def test_a_day_is_twenty_four_hours_also_where_clocks_change() -> None:
    """20:00 in Berlin on the day that lost an hour: 24 hours before, it was 19:00."""
    evening = datetime(2026, 3, 29, 18, 0, tzinfo=UTC)
    history = NotifierHistory()
    history.tell(created(event_time=evening, tz="Europe/Berlin"), published())
    assert planned(history, "host") == both(evening)


def unanswered(history: NotifierHistory) -> dict[str, datetime]:
    """Return who is to be told at which time that there was no answer."""
    rows = Folded(history.commits).rows("booking_unanswered")
    return {row.recipient: row.due_at for row in rows}


def test_who_has_no_answer_is_told_when_the_evening_begins(history: NotifierHistory) -> None:
    history.tell(booking(BookingRequested, "vera", (None, True), waiting=True), by="vera")
    assert unanswered(history) == {person("boris"): START, person("vera"): START}
    history.tell(edited(event_time=LATER))
    assert unanswered(history) == {person("boris"): LATER, person("vera"): LATER}


@pytest.mark.parametrize(
    "answer",
    [
        booking(BookingApproved, "boris", (True, True)),
        booking(BookingRejected, "boris", (False, True)),
        booking(BookingWithdrawn, "boris", (None, False)),
        AnnouncementCancelled(announcement_id=announcement(), version=4, by="author"),
    ],
)
def test_an_answer_or_a_cancellation_takes_its_place(
    history: NotifierHistory, answer: DomainEvent
) -> None:
    history.tell(answer)
    assert unanswered(history) == {}


def test_who_asks_again_is_told_after_all(history: NotifierHistory) -> None:
    history.tell(booking(BookingWithdrawn, "boris", (None, False)), by="boris")
    history.tell(booking(BookingRequested, "boris", (None, True)), by="boris")
    assert unanswered(history) == {person("boris"): START}
