"""Who let others down late: counted beside the score, never part of it.

An evening's time is the one in force at that moment, so a host who moves an evening does
not make a guest late who had left before. A guest agrees to the time in force whenever they
say yes themselves (they ask, accept, or take back a no); leaving is late only if the evening
still has the time that they last agreed to.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar

from contracts.events.rating import NO_SHOW
from contracts.values.ids import PersonId
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.votes import Said, counted, of_role
from runtime.clickhouse.port import SqlParameter

LATE: Final = timedelta(hours=24)
LATE_MS: Final = LATE // timedelta(milliseconds=1)

# The type first: it is what the table is ordered by.
SELECT_GONE: Final = """
    SELECT DISTINCT type, seq, at_ms, announcement_id
    FROM events
    WHERE type IN ('booking.left', 'announcement.cancelled')
      AND seq <= %(until)s
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
# A guest's own yes; that the author approves, or the system confirms again, is none.
SELECT_AGREED: Final = """
    SELECT DISTINCT seq, announcement_id
    FROM events
    WHERE type IN ('booking.requested', 'booking.accepted', 'booking.reconsidered')
      AND person_id = %(person)s AND actor = %(person)s AND guest_status = 1
      AND announcement_id IN %(evenings)s AND seq <= %(until)s
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
        WHERE type LIKE 'booking.%' AND announcement_id IN %(evenings)s AND seq <= %(until)s
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


class Agreed(NamedTuple):
    """The guest said yes to the evening, at the time then in force."""

    seq: int
    announcement_id: str


class Lateness(NamedTuple):
    """In evenings: those that the person, a confirmed guest, left late; and those that the
    person, their author, called off late while somebody was confirmed."""

    late_cancellations: int
    late_calls_off: int


OfEvening = TypeVar("OfEvening", Time, Agreed)

NEVER_LATE: Final = Lateness(0, 0)


async def lateness_of(history: HistoryReads, person_id: PersonId, until: int) -> Lateness:
    """Up to a position. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {"person": person_id, "until": until}
    gone = [Gone(**row) for row in await history.rows(SELECT_GONE, wanted)]
    if not gone:
        return NEVER_LATE
    evenings = _evenings(one.announcement_id for one in gone)
    times = [Time(**row) for row in await history.rows(SELECT_TIMES, evenings)]
    agreed = [Agreed(**row) for row in await history.rows(SELECT_AGREED, wanted | evenings)]
    late = late_among(gone, times, agreed)
    left, off = (
        {one.announcement_id for one in late if one.type == what}
        for what in ("booking.left", "announcement.cancelled")
    )
    own = {time.announcement_id for time in times if time.author_id == person_id}
    return Lateness(len(left), len(await _with_guests(history, off & own, until)))


def late_among(gone: Iterable[Gone], times: Sequence[Time], agreed: Sequence[Agreed]) -> list[Gone]:
    """Those less than `LATE` before the evening begins. `times` and `agreed` are in the order
    of `seq`. An evening whose time is not known is not late."""
    times_of, agreed_of = _by_evening(times), _by_evening(agreed)
    return [
        one
        for one in gone
        if _is_late(
            one, times_of.get(one.announcement_id, ()), agreed_of.get(one.announcement_id, ())
        )
    ]


def _is_late(gone: Gone, times: Sequence[Time], agreed: Sequence[Agreed]) -> bool:
    begins_ms = _in_force(times, gone.seq)
    if begins_ms is None or begins_ms - gone.at_ms >= LATE_MS:
        return False
    if gone.type != "booking.left":
        return True
    said_yes = [one.seq for one in agreed if one.seq < gone.seq][-1:]
    return any(_in_force(times, seq) == begins_ms for seq in said_yes)


def _in_force(times: Iterable[Time], seq: int) -> int | None:
    """When the evening was to begin, just before `seq`; None if that is not known."""
    begins_ms = None
    for time in times:
        if time.seq < seq:
            begins_ms = time.event_time_ms
    return begins_ms


def _by_evening(found: Iterable[OfEvening]) -> dict[str, list[OfEvening]]:
    evenings: dict[str, list[OfEvening]] = {}
    for one in found:
        evenings.setdefault(one.announcement_id, []).append(one)
    return evenings


def no_shows_of(said: Iterable[Said]) -> int:
    """How many hosts said so, and have not taken it back."""
    return sum(NO_SHOW in one.tags for one in counted(of_role(said, "guest")))


async def _with_guests(
    history: HistoryReads, evenings: set[str], until: int
) -> Sequence[Mapping[str, Any]]:
    if not evenings:
        return ()
    return await history.rows(SELECT_WITH_GUESTS, _evenings(evenings) | {"until": until})


def _evenings(named: Iterable[str]) -> dict[str, SqlParameter]:
    return {"evenings": tuple(sorted(set(named)))}
