"""A calendar holds one line in each property, whatever an old journal says, and keeps what was
cancelled."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from icalendar import Calendar, Component

from query_api.calendars.ical import build_calendar

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def a_row(**columns: Any) -> Any:
    row = {
        "announcement_id": "1",
        "title": "Evening",
        "movie_title": "Solaris",
        "movie_title_ru": "Солярис",
        "season": None,
        "episode": None,
        "event_time": NOON,
        "ends_at": NOON + timedelta(hours=2),
        "modified": NOON,
        "version": 1,
        "status": "Alive",
        "event_location": "Lenina 1",
        "location_hint": "Centre",
        "shows_place": True,
        "author_id": "a",
        "my_state": None,
    }
    return cast(Any, row | columns)


def event_of(row: Any, person_id: str = "a") -> Component:
    (event,) = Calendar.from_ical(build_calendar([row], person_id, "en", "")).walk("VEVENT")
    return event


def test_what_an_old_journal_holds_breaks_no_line_of_a_feed() -> None:
    wild = "Film\r\nBEGIN:VALARM\x1b\u202e\0 night"
    row = a_row(title=wild, movie_title=wild, movie_title_ru=wild, event_location=wild)
    text = build_calendar([row], "a", "en", "").decode()
    assert "SUMMARY:Film BEGIN:VALARM night" in text
    assert "LOCATION:Film BEGIN:VALARM night" in text
    assert not set(text) & {"\x1b", "\u202e", "\0"}
    assert not [line for line in text.split("\r\n") if line.startswith("BEGIN:VALARM")]


def test_what_is_cancelled_has_the_same_uid_and_a_higher_sequence() -> None:
    before, after = event_of(a_row(version=2)), event_of(a_row(version=3, status="Cancelled"))
    assert (before["uid"], before["status"], before["sequence"]) == ("1@practix", "CONFIRMED", 2)
    assert (after["uid"], after["status"], after["sequence"]) == ("1@practix", "CANCELLED", 3)


@pytest.mark.parametrize(
    ("person_id", "state", "status"),
    [
        ("a", None, "CONFIRMED"),
        ("b", "confirmed", "CONFIRMED"),
        ("b", "requested", "TENTATIVE"),
        ("b", None, "TENTATIVE"),
    ],
)
def test_only_what_is_settled_is_confirmed(person_id: str, state: str, status: str) -> None:
    assert event_of(a_row(my_state=state), person_id)["status"] == status


def test_a_hidden_place_stays_hidden() -> None:
    assert event_of(a_row(shows_place=False))["location"] == "Centre"
