"""Counts how often somebody let others down late. The counts stand beside the score and never
change it.

What counts is the time that the announcement had at that moment: if the author moves it later
on, a guest who had left before is not late. A guest agrees to the current time whenever they
say yes themselves (they ask, accept, or take back a no). Leaving is late only if the
announcement still has the time that they last agreed to.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar

from contracts.events.rating import NO_SHOW
from contracts.values.ids import PersonId
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.votes import PastRating, drop_retracted, select_role
from runtime.clickhouse.port import SqlParameter

LATE: Final = timedelta(hours=24)
LATE_MS: Final = LATE // timedelta(milliseconds=1)

# The condition on the type comes first: the table is ordered by it.
SELECT_DEPARTURES: Final = """
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
      AND announcement_id IN %(announcements)s AND isNotNull(event_time_ms)
    ORDER BY seq
"""
# The guest's own yes. An approval by the author, or a new confirmation by the system, is not.
SELECT_AGREEMENTS: Final = """
    SELECT DISTINCT seq, announcement_id
    FROM events
    WHERE type IN ('booking.requested', 'booking.accepted', 'booking.reconsidered')
      AND person_id = %(person)s AND actor = %(person)s AND guest_status = 1
      AND announcement_id IN %(announcements)s AND seq <= %(until)s
    ORDER BY seq
"""
# Bookings of a cancelled announcement keep their state for ever.
SELECT_WITH_GUESTS: Final = """
    SELECT DISTINCT of_announcement FROM (
        SELECT
            any(announcement_id) AS of_announcement,
            argMax(ifNull(author_status, 0) * ifNull(guest_status, 0),
                   seq * 1000000 + event_index) AS confirmed
        FROM events
        WHERE type LIKE 'booking.%' AND announcement_id IN %(announcements)s AND seq <= %(until)s
        GROUP BY booking_id
    )
    WHERE confirmed = 1
"""


class Departure(NamedTuple):
    """A guest left an announcement, or its author cancelled it."""

    type: str
    seq: int
    at_ms: int
    announcement_id: str


class StatedTime(NamedTuple):
    """An event stated when an announcement begins. Only the first event names the author."""

    seq: int
    announcement_id: str
    author_id: str
    event_time_ms: int


class Agreement(NamedTuple):
    """The guest said yes to the announcement, at the time that it then had."""

    seq: int
    announcement_id: str


class Lateness(NamedTuple):
    """Counts of announcements: those that the person, a confirmed guest, left late, and those
    that the person, their author, cancelled late while somebody was confirmed."""

    late_cancellations: int
    late_calls_off: int


OfAnnouncement = TypeVar("OfAnnouncement", StatedTime, Agreement)

NEVER_LATE: Final = Lateness(0, 0)


async def fetch_lateness(history: HistoryReads, person_id: PersonId, until: int) -> Lateness:
    """Count up to position `until`. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {"person": person_id, "until": until}
    departures = [Departure(**row) for row in await history.fetch_rows(SELECT_DEPARTURES, wanted)]
    if not departures:
        return NEVER_LATE
    named = _name_announcements(one.announcement_id for one in departures)
    times = [StatedTime(**row) for row in await history.fetch_rows(SELECT_TIMES, named)]
    agreements = [
        Agreement(**row) for row in await history.fetch_rows(SELECT_AGREEMENTS, wanted | named)
    ]
    late = select_late(departures, times, agreements)
    left, cancelled = (
        {one.announcement_id for one in late if one.type == kind}
        for kind in ("booking.left", "announcement.cancelled")
    )
    own = {time.announcement_id for time in times if time.author_id == person_id}
    return Lateness(len(left), len(await _fetch_with_guests(history, cancelled & own, until)))


def select_late(
    departures: Iterable[Departure], times: Sequence[StatedTime], agreements: Sequence[Agreement]
) -> list[Departure]:
    """Return the departures less than `LATE` before the announcement begins. `times` and
    `agreements` are in the order of `seq`. Without a known time nobody is late."""
    times_of, agreements_of = _group(times), _group(agreements)
    return [
        one
        for one in departures
        if _is_late(
            one,
            times_of.get(one.announcement_id, ()),
            agreements_of.get(one.announcement_id, ()),
        )
    ]


def _is_late(
    departure: Departure, times: Sequence[StatedTime], agreements: Sequence[Agreement]
) -> bool:
    begins_ms = _find_time_before(departure.seq, times)
    if begins_ms is None or begins_ms - departure.at_ms >= LATE_MS:
        return False
    if departure.type != "booking.left":
        return True
    last_yes = [one.seq for one in agreements if one.seq < departure.seq][-1:]
    return any(_find_time_before(seq, times) == begins_ms for seq in last_yes)


def _find_time_before(seq: int, times: Iterable[StatedTime]) -> int | None:
    """Return when the announcement was to begin, just before `seq`; None if it is unknown."""
    begins_ms = None
    for time in times:
        if time.seq < seq:
            begins_ms = time.event_time_ms
    return begins_ms


def _group(found: Iterable[OfAnnouncement]) -> dict[str, list[OfAnnouncement]]:
    grouped: dict[str, list[OfAnnouncement]] = {}
    for one in found:
        grouped.setdefault(one.announcement_id, []).append(one)
    return grouped


def count_no_shows(ratings: Iterable[PastRating]) -> int:
    """Count the authors who reported a no-show of the guest and have not retracted it."""
    return sum(NO_SHOW in one.tags for one in drop_retracted(select_role(ratings, "guest")))


async def _fetch_with_guests(
    history: HistoryReads, announcements: set[str], until: int
) -> Sequence[Mapping[str, Any]]:
    if not announcements:
        return ()
    return await history.fetch_rows(
        SELECT_WITH_GUESTS, _name_announcements(announcements) | {"until": until}
    )


def _name_announcements(ids: Iterable[str]) -> dict[str, SqlParameter]:
    return {"announcements": tuple(sorted(set(ids)))}
