"""Finds the times at which a person is busy, and the announcements that overlap.

Commands are decided by the same rules; on the read side they stand only here. A person is busy
during announcements of their own and those that they are confirmed for, if these are published
and not over. A cell may also count pending bookings (`SharedRules.pending_blocks`). Intervals
are half-open, and a cell may demand a gap between them.
"""

from typing import Final

import asyncpg

from contracts.events.announcement import ONGOING_STATUSES
from contracts.representations import Overlap
from contracts.shared_rules import SharedRules
from query_api.edge.reads import TableSnapshot
from query_api.edge.where import Where
from runtime.auth.tokens import Caller

ATTENDED: Final = ("confirmed",)
PENDING: Final = ("requested", "waitlisted", "invited", "offered")


def announcements_of(person: str, states: str) -> str:
    """Return a query for the ids of a person's own announcements, and of those for which the
    person has a booking in one of these states. Both arguments are SQL, such as `$2`."""
    return f"""
        SELECT announcement_id FROM announcements WHERE author_id = {person}::uuid
        UNION ALL
        SELECT announcement_id FROM bookings
        WHERE guest_id = {person}::uuid AND state = ANY({states}::text[])
    """


ATTENDED_OR_PENDING: Final = f"ARRAY[{', '.join(map(repr, (*ATTENDED, *PENDING)))}]"
"""An array in SQL, for `announcements_of`."""

_ONGOING: Final = f"({', '.join(map(repr, ONGOING_STATUSES))})"
_BUSY: Final = f"""
    FROM announcements busy
    WHERE busy.status IN {_ONGOING}
      AND busy.announcement_id IN ({announcements_of("$2", "{0}")})
"""
_BUSY_TIME: Final = "tstzrange(busy.event_time - {1}::interval, busy.ends_at + {1}::interval)"
_TIME: Final = "tstzrange(a.event_time, a.ends_at)"

# All busy times are found once per query, however many lines there are, and merged. A line that
# is itself one of the busy times would overlap itself, so it is compared with each of the others.
_FITS: Final = f"""
    CASE WHEN a.announcement_id IN (SELECT busy.announcement_id {_BUSY})
    THEN NOT EXISTS (
        SELECT {_BUSY} AND busy.announcement_id <> a.announcement_id AND {_BUSY_TIME} && {_TIME})
    ELSE NOT {_TIME} && (
        SELECT coalesce(range_agg({_BUSY_TIME}), tstzmultirange()) {_BUSY})
    END
"""

SELECT_OVERLAPS: Final = f"""
    SELECT other.announcement_id, other.title, other.event_time, other.ends_at,
           b.state, other.author_id = $1::uuid AS hosting
    FROM announcements other
    LEFT JOIN bookings b
        ON b.announcement_id = other.announcement_id AND b.guest_id = $1::uuid
    WHERE other.announcement_id IN ({announcements_of("$1", ATTENDED_OR_PENDING)})
      AND other.announcement_id <> $2 AND other.status IN {_ONGOING}
      AND other.event_time < $4 AND $3 < other.ends_at
    ORDER BY other.event_time, other.announcement_id
    LIMIT 100
"""
"""Takes the person, an announcement, and its time widened by the gap. Selects what overlaps it."""


def add_fits_my_schedule(where: Where, rules: SharedRules) -> None:
    """Add the condition that nothing else makes the viewer, $2, busy at the announcement's
    time."""
    where.add(_FITS, _select_busy_states(rules), rules.gap)


async def fetch_overlaps(
    snapshot: TableSnapshot, booking: asyncpg.Record, caller: Caller, rules: SharedRules
) -> list[Overlap]:
    """Return what else the guest announced, attends or has pending at the time of this booking,
    soonest first. Only the guest gets it, and only while the booking is pending."""
    if booking["guest_id"] != caller.person_id or booking["state"] not in PENDING:
        return []
    found = await snapshot.fetch_rows(
        SELECT_OVERLAPS,
        caller.person_id,
        booking["announcement_id"],
        booking["event_time"] - rules.gap,
        booking["ends_at"] + rules.gap,
    )
    return [_represent_overlap(other, rules) for other in found]


def _represent_overlap(other: asyncpg.Record, rules: SharedRules) -> Overlap:
    hosting = other["hosting"]
    return Overlap(
        announcement_id=other["announcement_id"],
        title=other["title"],
        event_time=other["event_time"],
        ends_at=other["ends_at"],
        role="host" if hosting else "guest",
        state="hosting" if hosting else other["state"],
        blocking=hosting or other["state"] in _select_busy_states(rules),
    )


def _select_busy_states(rules: SharedRules) -> list[str]:
    return [*ATTENDED, *PENDING] if rules.pending_blocks else [*ATTENDED]
