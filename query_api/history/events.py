"""Fetches every event of an announcement, its bookings and its ratings from ClickHouse."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from starlette.requests import Request

from contracts.events.announcement import AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.events.folding.announcement_fields import announcement_columns
from contracts.events.folding.booking_fields import booking_columns
from contracts.events.stored.codec import UnreadableEvent, decode_event
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import erase_words
from contracts.events.stored.words_apart import join_words
from contracts.values.describing import describe_error
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.times import from_ms
from query_api.edge.history_reads import HistoryReads
from query_api.edge.reads import Reads
from query_api.history.hidden import Hidden, fetch_hidden, without_hidden
from query_api.people.erasures import Erasures, fetch_erasures

log = logging.getLogger(__name__)

# LIMIT 1 BY: a block that was written twice may still be there twice.
EVENT_COLUMNS: Final = "seq, event_index, at_ms, type, actor, payload, words"
SELECT_EVENTS: Final = f"""
    SELECT {EVENT_COLUMNS} FROM events
    WHERE announcement_id = %(announcement_id)s AND seq <= %(end)s
    ORDER BY seq, event_index LIMIT 1 BY seq, event_index
"""


EventRow = dict[str, Any]
"""The EVENT_COLUMNS of an event, by name."""


class Withheld(NamedTuple):
    """The texts that are told to nobody any more, although the history has them."""

    erasures: Erasures = MappingProxyType({})
    hidden: Hidden = MappingProxyType({})


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
    request: Request, reads: Reads, announcement_id: AnnouncementId | str, end: int
) -> list[PastEvent]:
    """Return the events up to position `end`, oldest first, without what the erased wrote and
    what operators hid.
    Raises ProjectionBehind and Unavailable."""
    rows = await fetch_event_rows(reads.history, announcement_id, end)
    return decode_events(rows, await fetch_withheld(request, reads, rows, [announcement_id]))


async def fetch_event_rows(
    history: HistoryReads, announcement_id: AnnouncementId | str, end: int
) -> list[EventRow]:
    """Return the events up to position `end` as they are stored, oldest first. Raises
    Unavailable."""
    return await history.fetch_rows(SELECT_EVENTS, {"announcement_id": announcement_id, "end": end})


async def fetch_withheld(
    request: Request, reads: Reads, rows: Iterable[EventRow], announcement_ids: Iterable[str] = ()
) -> Withheld:
    """Return the erasures of everybody who gave a command that these events came from, and what
    operators hid of these announcements, as of now.

    ClickHouse empties the texts of the erased a little later than PostgreSQL. Call it after the
    rows were read, with no snapshot open. Raises ProjectionBehind and Unavailable.
    """
    async with reads.open_snapshot(request) as snapshot:
        erasures = await fetch_erasures(snapshot, {row["actor"] for row in rows})
        return Withheld(erasures, await fetch_hidden(snapshot, announcement_ids))


def decode_events(rows: Iterable[Mapping[str, Any]], withheld: Withheld) -> list[PastEvent]:
    """Return the events up to the first one that this version cannot read. The projector, too,
    stops an announcement there. Pure."""
    events: list[PastEvent] = []
    for row in rows:
        try:
            events.append(_decode(row, withheld))
        except UnreadableEvent as error:
            log.error(
                "event not readable",
                extra={"position": row["seq"], "reason": describe_error(error)},
            )
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


def _decode(row: Mapping[str, Any], withheld: Withheld) -> PastEvent:
    """Return the event of a row. Raises UnreadableEvent, also if its columns cannot be
    computed."""
    at, position = from_ms(row["at_ms"]), int(row["seq"])
    stored = decode_event(join_words(row["payload"], row["words"]))
    erased = {person for person, seq in withheld.erasures.items() if position < seq}
    shown = without_hidden(stored, position, withheld.hidden)
    event = erase_words(shown, PersonId(row["actor"]), erased)
    try:
        columns = columns_after(event, at)
    except Exception as error:  # An impossible pair of statuses, or a time out of range.
        raise UnreadableEvent(describe_error(error)) from error
    return PastEvent(
        position=position,
        event_index=int(row["event_index"]),
        at=at,
        type=row["type"],
        actor=row["actor"],
        event=event,
        columns=columns,
    )
