"""Keeps in each person what they are engaged in: what they announced, attend or wait for.

Only announcements that are not over count. The event that ends an announcement also removes it
from its author and its guests, so that no later event has to look for ended ones. Beside that,
each person has the newest of all announcements and bookings they ever made, which leads to the
others.
"""

from typing import TypeVar

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer

Id = TypeVar("Id", bound=str)


def engage_author(layer: Layer, announcement: Announcement) -> None:
    """Add a new announcement to those of its author, as the newest."""
    author = layer.person(announcement.author_id)
    announcements = (*author.announcements, announcement.id)
    layer.people.put(
        author.id,
        replace(author, announcements=announcements, newest_announcement=announcement.id),
    )


def file_booking(layer: Layer, booking: Booking) -> None:
    """Make a new booking the newest of its guest."""
    guest = layer.person(booking.guest_id)
    layer.people.put(guest.id, replace(guest, newest_booking=booking.id))


def engage_guest(layer: Layer, booking: Booking, *, is_over: bool) -> None:
    """File a booking under what its guest attends, waits for or was refused, as its state now
    says: under none of these if its announcement is over."""
    guest = layer.person(booking.guest_id)
    attending, pending = without(guest.attending, booking.id), without(guest.pending, booking.id)
    turned_down = without(guest.turned_down, booking.id)
    if is_over:
        pass
    elif booking.confirmed:
        attending = (*attending, booking.id)
    elif booking.pending:
        pending = (*pending, booking.id)
    elif booking.turned_down:
        turned_down = (*turned_down, booking.id)
    if (
        attending is not guest.attending
        or pending is not guest.pending
        or turned_down is not guest.turned_down
    ):
        engaged = replace(guest, attending=attending, pending=pending, turned_down=turned_down)
        layer.people.put(guest.id, engaged)


def disengage_everybody(layer: Layer, announcement: Announcement) -> None:
    """Remove an announcement that is over from its author, and its bookings from the guests."""
    author = layer.person(announcement.author_id)
    announcements = without(author.announcements, announcement.id)
    layer.people.put(author.id, replace(author, announcements=announcements))
    for booking in layer.bookings_of(announcement):
        engage_guest(layer, booking, is_over=True)


def without(ids: tuple[Id, ...], gone: Id) -> tuple[Id, ...]:
    """Return `ids`, which are unique, without `gone`: the very same tuple if it is not there."""
    if gone not in ids:
        return ids
    place = ids.index(gone)
    return ids[:place] + ids[place + 1 :]
