"""Selects rows of bookings, and makes the representations of them.

A new field of `BookingResponse` or `DetailBookingResponse` needs no change here if it is a
column of `read_model.bookings` with the same name.
"""

from typing import Any, Final

import asyncpg

from contracts.representations import BookingResponse, DetailBookingResponse
from contracts.shared_rules import SharedRules
from contracts.values.languages import Language
from query_api.announcements.calendar import fetch_overlaps
from query_api.announcements.rows import pick_movie_title
from query_api.announcements.score_columns import (
    AUTHOR_JOIN,
    AUTHOR_SCORE,
    GUEST_FIELDS,
    GUEST_JOINS,
)
from query_api.announcements.visibility import SHOWN_TO_GUEST
from query_api.edge.reads import TableSnapshot, represent
from query_api.edge.selecting import columns_of
from runtime.auth.tokens import Caller

WAITLIST_POSITION: Final = """
    CASE WHEN b.waiting THEN (
        SELECT count(*) + 1 FROM bookings ahead
        WHERE ahead.announcement_id = b.announcement_id AND ahead.waiting
          AND ahead.queued_seq < b.queued_seq) END
"""

_SQL_OF: Final = {
    **GUEST_FIELDS,
    "waitlist_position": WAITLIST_POSITION,
    "event_time": "a.event_time",
}
LINE_COLUMNS: Final = columns_of(BookingResponse, _SQL_OF, "b")
"""Columns of a booking as lists show it, in the order of the representation."""
LINE_TABLES: Final = f"""
    FROM bookings b
    JOIN announcements a USING (announcement_id)
    {GUEST_JOINS}
"""

COLUMNS: Final = f"""
    b.*, {", ".join(f"{sql} AS {name}" for name, sql in _SQL_OF.items())},
    a.title AS announcement_title, a.status AS announcement_status,
    a.movie_title, a.movie_title_ru, a.ends_at, author.name AS author_name, {AUTHOR_SCORE}
    {LINE_TABLES}
    LEFT JOIN people author ON author.person_id = b.author_id
    {AUTHOR_JOIN}
"""

# $1 is whether the caller is a super-user, $2 the caller.
OF_PARTY: Final = f"($1::boolean OR b.author_id = $2::uuid OR {SHOWN_TO_GUEST.format('$2')})"

SELECT_BY_ID: Final = f"SELECT {COLUMNS} WHERE b.booking_id = $3 AND {OF_PARTY}"

SELECT_BY_PAIR: Final = f"""
    SELECT {COLUMNS} WHERE b.announcement_id = $3 AND b.guest_id = $4 AND {OF_PARTY}
"""


async def represent_detail(
    snapshot: TableSnapshot,
    row: asyncpg.Record,
    caller: Caller,
    language: Language,
    rules: SharedRules,
) -> DetailBookingResponse:
    """Return the booking as the caller sees it. Overlaps are looked up in the snapshot."""
    derived: dict[str, Any] = {
        "author_name": row["author_name"] or "",
        "movie_title": pick_movie_title(row, language),
        "message": row["message"] if _is_party(row, caller) else None,
        "overlaps": await fetch_overlaps(snapshot, row, caller, rules),
    }
    return represent(DetailBookingResponse, row, **derived)


def _is_party(row: asyncpg.Record, caller: Caller) -> bool:
    """Return whether the caller is one of the two sides. Only they read the message; super-users
    see all the rest (decision 0007)."""
    return caller.person_id in (row["author_id"], row["guest_id"])
