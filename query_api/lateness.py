"""Who let others down late: counted beside the score, never part of it.

An evening's time is the one in force at that moment, so a host who moves an evening does
not make a guest late who had left before.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from contracts.ids import PersonId
from contracts.rating_events import NO_SHOW
from query_api.history_reading import HistoryReads
from query_api.votes import Said, counted, of_role

LATE: Final = timedelta(hours=24)
LATE_MS: Final = LATE // timedelta(milliseconds=1)

# The type first: it is what the table is ordered by.
SELECT_GONE: Final = """
    SELECT DISTINCT type, seq, at_ms, announcement_id
    FROM events
    WHERE type IN ('booking.left', 'announcement.cancelled')
      AND (type = 'booking.left' AND person_id = %(person)s
           OR type = 'announcement.cancelled' AND actor = %(person)s)
"""
SELECT_TIMES: Final = """
    SELECT DISTINCT seq, announcement_id, author_id, event_time_ms
    FROM events
    WHERE type IN ('announcement.created', 'announcement.changed')
      AND announcement_id IN %(evenings)s AND isNotNull(event_time_ms)
    ORDER BY seq
"""
# Bookings of an evening that was called off stay as they are for ever.
SELECT_WITH_GUESTS: Final = """
    SELECT DISTINCT evening FROM (
        SELECT
            any(announcement_id) AS evening,
            argMax(ifNull(author_status, 0) * ifNull(guest_status, 0),
                   seq * 1000000 + event_index) AS confirmed
        FROM events
        WHERE type LIKE 'booking.%' AND announcement_id IN %(evenings)s
        GROUP BY booking_id
    )
    WHERE confirmed = 1
"""


class Gone(NamedTuple):
    """A guest left an evening, or its author called it off."""

    type: str
    seq: int
    at_ms: int
    announcement_id: str


class Time(NamedTuple):
    """What an event said of when an evening begins. The author is named by the first."""

    seq: int
    announcement_id: str
    author_id: str
    event_time_ms: int


class Lateness(NamedTuple):
    """In evenings: those that the person, a confirmed guest, left late; and those that the
    person, their author, called off late while somebody was confirmed."""

    late_cancellations: int
    late_calls_off: int


NEVER_LATE: Final = Lateness(0, 0)


async def lateness_of(history: HistoryReads, person_id: PersonId) -> Lateness:
    """Raises Unavailable."""
    gone = [Gone(**row) for row in await history.rows(SELECT_GONE, {"person": person_id})]
    if not gone:
        return NEVER_LATE
    times = await history.rows(SELECT_TIMES, _evenings(one.announcement_id for one in gone))
    late = late_among(gone, [Time(**row) for row in times])
    left, off = (
        {one.announcement_id for one in late if one.type == what}
        for what in ("booking.left", "announcement.cancelled")
    )
    own = {row["announcement_id"] for row in times if row["author_id"] == person_id}
    return Lateness(len(left), len(await _with_guests(history, off & own)))


def late_among(gone: Iterable[Gone], times: Sequence[Time]) -> list[Gone]:
    """Those less than `LATE` before the evening begins; `times` in the order of `seq`. An
    evening whose time is not known is not late."""
    of_evening: dict[str, list[Time]] = {}
    for time in times:
        of_evening.setdefault(time.announcement_id, []).append(time)
    return [one for one in gone if _is_late(one, of_evening.get(one.announcement_id, ()))]


def _is_late(gone: Gone, times: Iterable[Time]) -> bool:
    in_force = [time.event_time_ms for time in times if time.seq < gone.seq][-1:]
    return any(event_time_ms - gone.at_ms < LATE_MS for event_time_ms in in_force)


def no_shows_of(said: Iterable[Said]) -> int:
    """How many hosts said so, and have not taken it back."""
    return sum(NO_SHOW in one.tags for one in counted(of_role(said, "guest")))


async def _with_guests(history: HistoryReads, evenings: set[str]) -> Sequence[Mapping[str, Any]]:
    return await history.rows(SELECT_WITH_GUESTS, _evenings(evenings)) if evenings else ()


def _evenings(named: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {"evenings": tuple(sorted(set(named)))}
