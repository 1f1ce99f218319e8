"""A person's calendar, and which announcements in it overlap.

A person's own published announcements and confirmed bookings block others at the same time,
until they are over. A pending booking is listed as well, but blocks only if the rules say so.
An announcement that starts when another one ends does not overlap it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec.structs import asdict

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer
from contracts.representations import Overlap
from contracts.values.ids import BookingId, PersonId


def find_overlaps(
    layer: Layer,
    person_id: PersonId,
    announcement: Announcement,
    *,
    gap: timedelta,
    pending_blocks: bool = False,
    own: BookingId | None = None,
) -> list[Overlap]:
    """Return what else in the person's calendar overlaps `announcement`, soonest first.

    `gap` is the least time between two announcements of one person. With `pending_blocks`,
    pending bookings block too (`Overlap.blocking`). `own` is the person's booking of
    `announcement`, if they have one and it is known: then it need not be read.
    """
    person = layer.person(person_id)
    if not person.is_engaged_beside(own):
        return []
    begins_at, ends_at = announcement.event_time - gap, announcement.ends_at + gap
    found = []
    for hosted in person.hosting.find_between(begins_at, ends_at):
        if hosted.id != announcement.id:
            found.append(_describe(layer.announcements.find(hosted.id), None, blocking=True))
    for bookings in (person.attending, person.pending):
        for engagement in bookings.find_between(begins_at, ends_at):
            if engagement.id == own:
                continue
            booking = layer.bookings.find(engagement.id)
            other = layer.announcements.find(booking.announcement_id)
            if other.id != announcement.id and other.takes_place:
                blocking = booking.confirmed or pending_blocks
                found.append(_describe(other, booking, blocking=blocking))
    return sorted(found, key=lambda one: (one.event_time, one.announcement_id))


def describe_conflicts(overlaps: list[Overlap]) -> list[dict[str, Any]]:
    """Return the overlaps as facts of a refusal: without titles, which somebody typed."""
    return [
        {name: value for name, value in asdict(one).items() if name != "title"} for one in overlaps
    ]


def add_titles(layer: Layer, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts of a refusal as its person is to see them: with the present titles of the
    announcements that overlap."""
    if "conflicts" not in facts:
        return facts
    return {**facts, "conflicts": [_add_title(layer, one) for one in facts["conflicts"]]}


def _add_title(layer: Layer, conflict: Mapping[str, Any]) -> Mapping[str, Any]:
    """An author sees no more than the times of what a guest is busy with."""
    announcement_id = conflict.get("announcement_id")
    other = layer.announcements.get(announcement_id) if announcement_id is not None else None
    return conflict if other is None else {**conflict, "title": other.title}


def _describe(announcement: Announcement, booking: Booking | None, *, blocking: bool) -> Overlap:
    return Overlap(
        announcement_id=announcement.id,
        title=announcement.title,
        event_time=announcement.event_time,
        ends_at=announcement.ends_at,
        role="guest" if booking else "host",
        state=booking.state if booking else "hosting",
        blocking=blocking,
    )
