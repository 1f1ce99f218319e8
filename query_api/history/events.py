"""Every event of an evening, its bookings and ratings, from ClickHouse."""

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

# A block that was written twice may still have both copies.
SELECT_EVENTS: Final = """
    SELECT seq, event_index, at_ms, type, actor, payload FROM events
    WHERE announcement_id = %(announcement_id)s AND seq <= %(end)s
    ORDER BY seq, event_index LIMIT 1 BY seq, event_index
"""


class Happened(NamedTuple):
    """An event and when, where and by whom."""

    position: int
    event_index: int
    at: datetime
    type: str
    """Without the version."""
    actor: str
    """A person's id, or `system`."""
    event: DomainEvent


async def story_of(
    history: HistoryReads, announcement_id: AnnouncementId | str, end: int
) -> list[Happened]:
    """Up to position `end`, oldest first. Raises Unavailable."""
    rows = await history.rows(SELECT_EVENTS, {"announcement_id": announcement_id, "end": end})
    return story_from(rows)


def story_from(rows: Iterable[Mapping[str, Any]]) -> list[Happened]:
    """It ends before an event that this version cannot read, as the tables do. Pure."""
    story: list[Happened] = []
    for row in rows:
        try:
            story.append(_happened(row))
        except UnreadableEvent as error:
            log.error("event not readable", extra={"position": row["seq"], "reason": str(error)})
            break
    return story


def _happened(row: Mapping[str, Any]) -> Happened:
    """Raises UnreadableEvent."""
    happened = Happened(
        position=int(row["seq"]),
        event_index=int(row["event_index"]),
        at=from_ms(row["at_ms"]),
        type=row["type"],
        actor=row["actor"],
        event=decode_event(row["payload"].encode()),
    )
    try:
        standing_after(happened)
    except Exception as error:  # A pair that never exists, a time that nobody has.
        raise UnreadableEvent(repr(error)) from error
    return happened


def standing_after(happened: Happened) -> dict[str, Any]:
    """The fields that the event puts into its evening or booking; none if it changes none."""
    match happened.event:
        case BookingEvent() as event:
            return booking_columns(event, happened.at)
        case AnnouncementEvent() as event:
            return announcement_columns(event, happened.at)
        case _:
            return {}
