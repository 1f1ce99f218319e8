"""A person's evenings, and which of them overlap.

Busy are the evenings a person hosts (published, not over) and those at which they are
confirmed. Pending ones do not block, but are told. Intervals are half-open: an evening
that starts when another one ends does not overlap it.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer
from contracts.representations import Overlap
from contracts.values.ids import AnnouncementId, PersonId


class Interval(Struct, frozen=True):
    starts_at: datetime
    ends_at: datetime

    def overlaps(self, announcement: Announcement, gap: timedelta) -> bool:
        return (
            announcement.event_time < self.ends_at + gap
            and self.starts_at < announcement.ends_at + gap
        )


def interval_of(announcement: Announcement) -> Interval:
    return Interval(announcement.event_time, announcement.ends_at)


def overlaps(
    layer: Layer,
    person_id: PersonId,
    interval: Interval,
    *,
    besides: AnnouncementId,
    gap: timedelta,
    pending_blocks: bool = False,
) -> list[Overlap]:
    """Every evening of the person that overlaps `interval`, but for `besides`, soonest
    first: those they host, and the confirmed and pending ones."""
    person = layer.person(person_id)
    found = []
    for announcement_id in person.hosting:
        evening = _overlapping(layer, announcement_id, interval, besides, gap)
        if evening is not None:
            found.append(_overlap(evening, None, blocking=True))
    for booking_id in person.attending + person.pending:
        booking = layer.bookings.get(booking_id)
        if booking is None:
            continue
        evening = _overlapping(layer, booking.announcement_id, interval, besides, gap)
        if evening is not None:
            blocking = booking.confirmed or pending_blocks
            found.append(_overlap(evening, booking, blocking=blocking))
    return sorted(found, key=lambda one: (one.event_time, one.announcement_id))


def _overlapping(
    layer: Layer,
    announcement_id: AnnouncementId,
    interval: Interval,
    besides: AnnouncementId,
    gap: timedelta,
) -> Announcement | None:
    evening = layer.announcements.get(announcement_id)
    if evening is None or evening.id == besides or not evening.takes_place:
        return None
    return evening if interval.overlaps(evening, gap) else None


def _overlap(evening: Announcement, booking: Booking | None, *, blocking: bool) -> Overlap:
    return Overlap(
        announcement_id=evening.id,
        title=evening.title,
        event_time=evening.event_time,
        ends_at=evening.ends_at,
        role="guest" if booking else "host",
        state=booking.state if booking else "hosting",
        blocking=blocking,
    )
