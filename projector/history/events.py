"""Table `events`: every domain event, with the fields that questions are asked about as
columns and the whole event as payload.

Reads events by their field names, not by their classes: an event that only a newer version
knows is in the history all the same.
"""

from datetime import date
from typing import Final, NamedTuple

from msgspec import Raw

from contracts.event_codec import read_fields
from contracts.records import Commit
from contracts.times import to_ms
from projector.history.rows import Rows
from projector.history.values import Fields, day_of, flag, instant_ms, integer, text, typed

PRIVATE: Final = frozenset({"person.muted", "person.unmuted"})
"""Whom somebody mutes is for no analyst either."""


class Recorded(NamedTuple):
    """An event and what its Commit says about it."""

    seq: int
    event_index: int
    at_ms: int
    day: date
    actor: str
    command: str
    type: str
    """Without the version."""
    version: int
    fields: Fields
    stored: Raw


def recorded_events(commit: Commit) -> list[Recorded]:
    at_ms, day = to_ms(commit.decided_at), day_of(commit.decided_at)
    found = []
    for index, stored in enumerate(commit.events):
        fields = read_fields(stored)
        name, version = typed(text(fields, "type"))
        found.append(
            Recorded(
                commit.seq,
                index,
                at_ms,
                day,
                commit.command.actor,
                commit.command.kind,
                name,
                version,
                fields,
                stored,
            )
        )
    return found


def event_rows() -> Rows:
    return Rows(
        "seq",
        "event_index",
        "at_ms",
        "day",
        "type",
        "type_version",
        "actor",
        "command",
        "announcement_id",
        "author_id",
        "person_id",
        "booking_id",
        "author_status",
        "guest_status",
        "taken",
        "waiting",
        "reason",
        "hold_until_ms",
        "movie_id",
        "movie_title",
        "movie_title_ru",
        "duration_min",
        "ticket_count",
        "event_time_ms",
        "visibility",
        "is_free",
        "payload",
    )


def add_event(rows: Rows, event: Recorded) -> None:
    """Adds nothing for an event that is PRIVATE."""
    if event.type in PRIVATE:
        return
    fields = event.fields
    rows.add(
        event.seq,
        event.event_index,
        event.at_ms,
        event.day,
        event.type,
        event.version,
        event.actor,
        event.command,
        text(fields, "announcement_id"),
        text(fields, "author_id"),
        text(fields, "guest_id") or text(fields, "person_id"),
        text(fields, "booking_id"),
        flag(fields, "author_status"),
        flag(fields, "guest_status"),
        integer(fields, "taken"),
        flag(fields, "waiting") or 0,
        text(fields, "reason"),
        instant_ms(fields, "hold_until"),
        text(fields, "movie_id"),
        text(fields, "movie_title"),
        text(fields, "movie_title_ru"),
        integer(fields, "duration_min"),
        integer(fields, "ticket_count"),
        instant_ms(fields, "event_time"),
        text(fields, "visibility"),
        flag(fields, "is_free"),
        bytes(event.stored).decode("utf-8", "replace"),
    )
