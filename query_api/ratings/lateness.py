"""Counts how often a person left or cancelled shortly before the beginning.

The counts are shown beside the score and never change it. The beginning is the one that was
announced when the person left or cancelled; what the author changes afterwards does not count.
Leaving is late only if that beginning is still the one that the guest last agreed to. A guest
agrees to the time of the moment by every yes of their own: asking, accepting, taking back a no.
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
# Only a yes of the guest's own: neither an approval by the author nor a confirmation by the
# system.
SELECT_AGREEMENTS: Final = """
    SELECT DISTINCT seq, announcement_id
    FROM events
    WHERE type IN ('booking.requested', 'booking.accepted', 'booking.reconsidered')
      AND person_id = %(person)s AND actor = %(person)s AND guest_status = 1
      AND announcement_id IN %(announcements)s AND seq <= %(until)s
    ORDER BY seq
"""
# Selects the announcements that have a confirmed booking at `until`. Bookings keep their state
# when their announcement is cancelled, so that was also their state at the cancellation.
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
    """An event stated when an announcement begins. Only its first event names the author."""

    seq: int
    announcement_id: str
    author_id: str
    event_time_ms: int


class Agreement(NamedTuple):
    """The guest said yes, and so agreed to the time that the announcement had then."""

    seq: int
    announcement_id: str


class Lateness(NamedTuple):
    """Counts of announcements."""

    late_cancellations: int
    """Those that the person left late as a confirmed guest."""
    late_calls_off: int
    """The person's own, cancelled late while somebody was confirmed."""


OfAnnouncement = TypeVar("OfAnnouncement", StatedTime, Agreement)

NEVER_LATE: Final = Lateness(0, 0)


async def fetch_lateness(history: HistoryReads, person_id: PersonId, until: int) -> Lateness:
    """Count what the person did up to position `until`. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {"person": person_id, "until": until}
    departures = [Departure(**row) for row in await history.fetch_rows(SELECT_DEPARTURES, wanted)]
    if not departures:
        return NEVER_LATE
    named = _bind_announcements(one.announcement_id for one in departures)
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
    """Count the announcements from which the guest stayed away, as their authors say in ratings
    that are not retracted."""
    return sum(NO_SHOW in one.tags for one in drop_retracted(select_role(ratings, "guest")))


async def _fetch_with_guests(
    history: HistoryReads, announcements: set[str], until: int
) -> Sequence[Mapping[str, Any]]:
    if not announcements:
        return ()
    return await history.fetch_rows(
        SELECT_WITH_GUESTS, _bind_announcements(announcements) | {"until": until}
    )


def _bind_announcements(ids: Iterable[str]) -> dict[str, SqlParameter]:
    return {"announcements": tuple(sorted(set(ids)))}
