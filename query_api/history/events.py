"""Fetches every event of an announcement, its bookings and its ratings from ClickHouse."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.events.announcement import AnnouncementEvent
from contracts.events.announcement_fields import announcement_columns
from contracts.events.booking import BookingEvent
from contracts.events.booking_fields import booking_columns
from contracts.events.codec import UnreadableEvent, decode_event
from contracts.events.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId
from contracts.values.times import from_ms
from query_api.edge.history_reads import HistoryReads

log = logging.getLogger(__name__)

# LIMIT 1 BY: a block that was written twice may still be there twice.
SELECT_EVENTS: Final = """
    SELECT seq, event_index, at_ms, type, actor, payload FROM events
    WHERE announcement_id = %(announcement_id)s AND seq <= %(end)s
    ORDER BY seq, event_index LIMIT 1 BY seq, event_index
"""


class PastEvent(NamedTuple):
    """An event, and when, by whom and at which position it was recorded."""

    position: int
    event_index: int
    at: datetime
    type: str
    """Without the version."""
    actor: str
    """A person's id, or `system`."""
    event: DomainEvent
    columns: Mapping[str, Any]
    """As `columns_after` returns them."""


async def fetch_events(
    history: HistoryReads, announcement_id: AnnouncementId | str, end: int
) -> list[PastEvent]:
    """Return the events up to position `end`, oldest first. Raises Unavailable."""
    rows = await history.fetch_rows(SELECT_EVENTS, {"announcement_id": announcement_id, "end": end})
    return decode_events(rows)


def decode_events(rows: Iterable[Mapping[str, Any]]) -> list[PastEvent]:
    """Return the events up to the first one that this version cannot read. The projector, too,
    stops an announcement there. Pure."""
    events: list[PastEvent] = []
    for row in rows:
        try:
            events.append(_decode(row))
        except UnreadableEvent as error:
            log.error("event not readable", extra={"position": row["seq"], "reason": str(error)})
            break
    return events


def columns_after(event: DomainEvent, at: datetime) -> dict[str, Any]:
    """Return the columns that the event changes in the row of its announcement or booking, with
    their new values; none for other events."""
    match event:
        case BookingEvent():
            return booking_columns(event, at)
        case AnnouncementEvent():
            return announcement_columns(event, at)
        case _:
            return {}


def _decode(row: Mapping[str, Any]) -> PastEvent:
    """Return the event of a row. Raises UnreadableEvent, also if its columns cannot be
    computed."""
    at, event = from_ms(row["at_ms"]), decode_event(row["payload"].encode())
    try:
        columns = columns_after(event, at)
    except Exception as error:  # An impossible pair of statuses, or a time out of range.
        raise UnreadableEvent(repr(error)) from error
    return PastEvent(
        position=int(row["seq"]),
        event_index=int(row["event_index"]),
        at=at,
        type=row["type"],
        actor=row["actor"],
        event=event,
        columns=columns,
    )
