"""Reads from the tables what a stream is to tell next, by the rights of that moment.

Every event has the representation that the route of a read would answer with, made by the same
functions in one snapshot. What the reader may not read any more is left out.
"""

import asyncio
from typing import Final, NamedTuple

from msgspec import Struct

from contracts.errors import NotFound
from contracts.notices import NoticeResponse, notice_fields
from query_api.announcements.details import arguments_of_detail, read_detail, select_detail
from query_api.announcements.rows import fetch_visible
from query_api.bookings.rows import SELECT_BY_ID
from query_api.bookings.rows import represent_detail as represent_booking
from query_api.chats.routes import SELECT_ONE as SELECT_POST
from query_api.chats.routes import represent_post
from query_api.edge.reads import Reads, TableSnapshot
from query_api.streams.changes import AT_ONCE, Change, fetch_horizon, find_changes, find_notices
from query_api.streams.cursor import StreamCursor
from query_api.streams.open_stream import OpenStream
from runtime.event_stream import format_event

BYTES_AT_ONCE: Final = 256 * 1024
"""A delivery that has so much is sent before more is read: it is all that is held in memory for
a slow reader. One event may be larger."""


class Delivery(NamedTuple):
    """Events, in the bytes of the stream."""

    events: bytes
    cursor: StreamCursor
    """The cursor of whoever has them."""
    complete: bool
    """Whether these are all at present."""


class Deliveries:
    """Reads for all streams of a process, for `at_once_max` of them at a time. The others wait for
    their turns, so that streams never take every connection from reads."""

    def __init__(self, reads: Reads, at_once_max: int) -> None:
        self._reads = reads
        self._turns = asyncio.Semaphore(at_once_max)

    async def read(self, stream: OpenStream) -> Delivery:
        """Return what the stream is to tell next.

        Raises NotFound if the stream's announcement is hidden from its reader by now, and
        Unavailable without PostgreSQL.
        """
        async with self._turns, self._reads.open_tables(0) as snapshot:
            if snapshot.position < stream.cursor.position:  # The tables are being rebuilt.
                return Delivery(b"", stream.cursor, complete=True)
            if stream.announcement_id is not None:
                watched = await fetch_visible(
                    snapshot, stream.caller, stream.followed, stream.announcement_id
                )
                stream.by_following = watched["visibility"] == "subscribers"
            rows = await self._read_rows(stream, snapshot)
            notices = await _read_notices(stream, rows.cursor, snapshot)
        complete = rows.complete and notices.complete
        return Delivery(rows.events + notices.events, notices.cursor, complete)

    async def _read_rows(self, stream: OpenStream, snapshot: TableSnapshot) -> Delivery:
        """Return events of rows."""
        cursor = stream.cursor
        changes = await find_changes(snapshot, stream.caller, stream.announcement_id, cursor)
        events = bytearray()
        for change in changes:
            if len(events) >= BYTES_AT_ONCE:
                return Delivery(bytes(events), cursor, complete=False)
            cursor = cursor.at_row(*change.place)
            found = await self._represent(change, stream, snapshot)
            if found is not None:
                events += format_event(change.kind, found, cursor.event_id)
        if len(changes) == AT_ONCE:
            return Delivery(bytes(events), cursor, complete=False)
        return Delivery(bytes(events), cursor.after_position(snapshot.position), complete=True)

    async def _represent(
        self, change: Change, stream: OpenStream, snapshot: TableSnapshot
    ) -> Struct | None:
        """Return the row as its reader sees it; None if it is hidden from the reader."""
        caller, language, rules = stream.caller, stream.language, self._reads.rules
        try:
            match change.kind:
                case "announcement":
                    asked = arguments_of_detail(caller, stream.followed, change.row_id, rules)
                    rows = await snapshot.fetch_rows(select_detail(language), *asked)
                    return read_detail(rows, caller)
                case "booking":
                    row = await snapshot.fetch_row(
                        SELECT_BY_ID, caller.is_super, caller.person_id, change.row_id
                    )
                    return await represent_booking(snapshot, row, caller, language, rules)
                case "post":
                    row = await snapshot.fetch_row(SELECT_POST, change.row_id, caller.person_id)
                    return represent_post(row)
        except NotFound:
            return None


async def _read_notices(
    stream: OpenStream, cursor: StreamCursor, snapshot: TableSnapshot
) -> Delivery:
    """Return events of notices."""
    horizon = await fetch_horizon(snapshot)
    notices = await find_notices(snapshot, stream.caller, stream.announcement_id, cursor, horizon)
    events = bytearray()
    for notice in notices:
        cursor = cursor.at_notice(notice["changed_xid"], notice["id"])
        told = NoticeResponse(**notice_fields(dict(notice), stream.language))
        events += format_event("notice", told, cursor.event_id)
    if len(notices) == AT_ONCE:
        return Delivery(bytes(events), cursor, complete=False)
    return Delivery(bytes(events), cursor.at_notice(horizon.complete_before, 0), complete=True)
