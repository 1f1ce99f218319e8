"""Table `events`: every domain event as payload, and the fields that are asked about as columns.

What a person typed stands apart from the payload (`contracts.events.stored.words_apart`), so that
it can be emptied once the person is erased (`projector.history.scrubbing`).

It reads the fields of events by name, without their classes. So even an event that only a newer
version knows is in the history, if it belongs to one of the families that may be asked about.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from msgspec import Raw

from contracts.events.stored.codec import read_fields
from contracts.events.stored.words_apart import EventApart, take_words_apart
from contracts.journal.records import Commit
from contracts.values.ids import PersonId
from contracts.values.times import to_ms
from projector.history.rows import Rows
from projector.history.values import (
    Fields,
    as_flag,
    as_instant_ms,
    as_integer,
    as_text,
    day_of,
    get_text,
    split_type,
)

FAMILIES: Final = frozenset({"announcement", "booking", "invite_link", "person", "post", "rating"})
"""First parts of the types that are in the table. Investigators read it, so a new family is in it
only once somebody has decided so."""
PRIVATE: Final = frozenset({"person.muted", "person.unmuted", "person.blocked", "person.unblocked"})
"""Types of these families that are not in the table: nobody else may learn whom a person mutes or
blocks."""
SHOWN_COMMANDS: Final = {"person.block": "booking.answer"}
"""The commands that the table names as another one. A block says no to what is open between two
people, as the person could have done by hand. Nobody may learn that it was a block."""
WORDLESS: Final = frozenset({"post"})
"""Families whose words are not in the table. A deleted post is told to nobody, so what is told of
posts is in PostgreSQL alone, and only as it now stands."""


class RecordedEvent(NamedTuple):
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
    apart: EventApart


def read_events(commit: Commit) -> list[RecordedEvent]:
    """Return all events of a Commit. Never refuses one: a field that is absent or of the wrong
    type is treated as absent."""
    at_ms, day = to_ms(commit.decided_at), day_of(commit.decided_at)
    found = []
    for index, stored in enumerate(commit.events):
        fields = read_fields(stored)
        name, version = split_type(get_text(fields, "type"))
        found.append(
            RecordedEvent(
                commit.seq,
                index,
                at_ms,
                day,
                commit.command.actor,
                SHOWN_COMMANDS.get(commit.command.kind, commit.command.kind),
                name,
                version,
                fields,
                stored,
                take_words_apart(stored, PersonId(commit.command.actor), fields),
            )
        )
    return found


_OF_COMMIT: Final = (
    "seq",
    "event_index",
    "at_ms",
    "day",
    "type",
    "type_version",
    "actor",
    "command",
)
_READERS: Final[dict[str, Callable[[object], Any]]] = {
    "announcement_id": as_text,
    "author_id": as_text,
    "person_id": as_text,
    "booking_id": as_text,
    "author_status": as_flag,
    "guest_status": as_flag,
    "taken": as_integer,
    "waiting": lambda value: as_flag(value) or 0,
    "reason": as_text,
    "hold_until_ms": as_instant_ms,
    "movie_id": as_text,
    "movie_title": as_text,
    "movie_title_ru": as_text,
    "duration_min": as_integer,
    "ticket_count": as_integer,
    "event_time_ms": as_instant_ms,
    "visibility": as_text,
    "is_free": as_flag,
}
"""By column, how to read its value from that of the event's field."""
FIELD_COLUMNS: Final = (*_OF_COMMIT, *_READERS)
"""Columns of the event's own fields, and of what its Commit says."""
_PLACES: Final = {
    column.removesuffix("_ms"): (FIELD_COLUMNS.index(column), read)
    for column, read in _READERS.items()
}
"""By name of the field, the place of its column and how to read it."""
_ABSENT: Final = tuple(read(None) for read in _READERS.values())
_PERSON: Final = FIELD_COLUMNS.index("person_id")
_REASON: Final = FIELD_COLUMNS.index("reason")
EVENT_COLUMNS: Final = (*FIELD_COLUMNS, "payload", "words", "words_of")


@lru_cache(maxsize=1_000)
def is_in_history(event_type: str) -> bool:
    """Return whether events of this type, without its version, are in the table. Damaged events
    without a readable type are, so that somebody finds them."""
    family = event_type.partition(".")[0]
    return event_type == "" or (family in FAMILIES and event_type not in PRIVATE)


def add_event(rows: Rows, event: RecordedEvent) -> None:
    """Add the event's row if events of its type are in the history."""
    if is_in_history(event.type):
        row = read_columns(event)
        row += event.apart if not _is_wordless(event.type) else (event.apart.event, "", "")
        rows.add(row)


@lru_cache(maxsize=1_000)
def _is_wordless(event_type: str) -> bool:
    return event_type.partition(".")[0] in WORDLESS


def read_columns(event: RecordedEvent) -> list[Any]:
    """Return the values of FIELD_COLUMNS. An event has few of these fields, so they are read from
    the event and not looked for in it."""
    seq, index, at_ms, day, actor, command, name_of_type, version, fields, _, _ = event
    row = [seq, index, at_ms, day, name_of_type, version, actor, command, *_ABSENT]
    for name, value in fields.items():
        if (found := _PLACES.get(name)) is not None:
            place, read = found
            row[place] = read(value)
    if guest_id := as_text(fields.get("guest_id")):
        row[_PERSON] = guest_id
    if row[_REASON] and _is_typed_reason(event):
        row[_REASON] = ""
    return row


def _is_typed_reason(event: RecordedEvent) -> bool:
    """Return whether the reason may be what a person typed, which is not repeated. Otherwise it
    is a code of the system."""
    return not event.apart.event or "reason" in event.apart.words
