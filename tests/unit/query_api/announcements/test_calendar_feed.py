"""A calendar feed holds one line in each of its properties, whatever an old journal says."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from query_api.announcements.calendar_feed import _build_event

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_what_an_old_journal_holds_breaks_no_line_of_a_feed() -> None:
    wild = "Film\r\nBEGIN:VALARM\x1b\u202e\0 night"
    row = {
        "announcement_id": "1",
        "title": wild,
        "movie_title": wild,
        "movie_title_ru": wild,
        "event_time": NOON,
        "ends_at": NOON + timedelta(hours=2),
        "modified": NOON,
        "version": 1,
        "event_location": wild,
        "location_hint": None,
        "shows_place": True,
        "author_id": "a",
        "my_state": None,
    }
    text = _build_event(cast(Any, row), "a", "en").to_ical().decode()
    assert "SUMMARY:Film BEGIN:VALARM night" in text
    assert "LOCATION:Film BEGIN:VALARM night" in text
    assert not set(text) & {"\x1b", "\u202e", "\0"}
    assert not [line for line in text.split("\r\n") if line.startswith("BEGIN:VALARM")]
