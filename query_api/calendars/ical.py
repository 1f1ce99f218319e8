"""Builds iCalendar objects (RFC 5545) of announcements, for calendar programs.

A program knows an announcement by its UID, which is the same in every feed and file, and takes
the one with the higher SEQUENCE. So a cancelled announcement stays, as STATUS:CANCELLED.
"""

from collections.abc import Iterable
from typing import Final

from icalendar import Calendar, Event

from contracts.values.languages import Language
from contracts.values.personal import show_text
from contracts.values.text import fit_line
from query_api.announcements.rows import pick_film_name
from query_api.edge.reads import AnyRow
from query_api.sharing.preview import page_path

ICAL: Final = "text/calendar; charset=utf-8"
PLACE_CHARS_MAX: Final = 500


def build_calendar(
    rows: Iterable[AnyRow], person_id: str, language: Language, own_url: str
) -> bytes:
    """Return a calendar of these announcements, as the person sees them. Each leads to its public
    page under `own_url`, to which notices lead, too."""
    calendar = Calendar()
    calendar.add("prodid", "-//PRACTIX//watch it together//")
    calendar.add("version", "2.0")
    for row in rows:
        calendar.add_component(_build_event(row, person_id, language, own_url))
    content: bytes = calendar.to_ical()
    return content


def _build_event(row: AnyRow, person_id: str, language: Language, own_url: str) -> Event:
    event = Event()
    event.add("uid", f"{row['announcement_id']}@practix")
    event.add("summary", fit_line(show_text(row["title"], language)))
    event.add("description", fit_line(pick_film_name(row, language)))
    event.add("dtstart", row["event_time"])
    event.add("dtend", row["ends_at"])
    event.add("dtstamp", row["modified"])
    event.add("sequence", row["version"])
    place = row["event_location"] if row["shows_place"] else row["location_hint"]
    if place:
        event.add("location", fit_line(show_text(place, language), PLACE_CHARS_MAX))
    event.add("url", own_url + page_path(row["announcement_id"]))
    event.add("status", _find_status(row, person_id))
    return event


def _find_status(row: AnyRow, person_id: str) -> str:
    if row["status"] == "Cancelled":
        return "CANCELLED"
    settled = row["author_id"] == person_id or row["my_state"] == "confirmed"
    return "CONFIRMED" if settled else "TENTATIVE"
