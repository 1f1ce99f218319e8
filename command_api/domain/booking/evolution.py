"""Applies recorded facts to bookings, and to the seats and people they concern."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from command_api.domain.announcement.evolution import find_announced, is_live
from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking, HeldFor
from command_api.domain.layer import Layer
from command_api.domain.person.state import Person
from contracts.events.booking import (
    AnyBookingEvent,
    BookingDeclined,
    BookingHoldShortened,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingRejected,
    BookingRequested,
    BookingRevoked,
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events.booking_fields import booking_fields, is_untold
from contracts.values.ids import BookingId

_NOES_OF_AUTHOR: Final = (BookingRejected, BookingRevoked)
_NOES_OF_GUEST: Final = (BookingDeclined, BookingLeft, BookingWithdrawn)


def apply_booking_event(layer: Layer, event: AnyBookingEvent, at: datetime) -> None:
    announcement = find_announced(layer, event.announcement_id)
    before = layer.bookings.get(event.booking_id)
    after = _evolve_booking(before or _first(announcement, event, at), event, at)
    if before is None:
        layer.booking_ids.put((announcement.id, after.guest_id), after.id)
    layer.bookings.put(after.id, after)
    layer.announcements.put(announcement.id, _count_seats(announcement, before, after))
    layer.people.put(after.guest_id, _engage(layer, layer.person(after.guest_id), after))
    if isinstance(event, BookingInvited):
        _count_invitation(layer, after, at)


def _count_invitation(layer: Layer, booking: Booking, at: datetime) -> None:
    """For the rules about how many one person may send and get (`limits`)."""
    host = layer.person(booking.author_id)
    day = host.invitations_on(at)
    day = replace(day, sent=day.sent + 1)
    layer.people.put(host.id, replace(host, invitations=day))
    guest = layer.person(booking.guest_id)
    day = guest.invitations_on(at)
    day = replace(day, received_from=(*day.received_from, host.id))
    layer.people.put(guest.id, replace(guest, invitations=day))


def _first(announcement: Announcement, event: AnyBookingEvent, at: datetime) -> Booking:
    return Booking(
        id=event.booking_id,
        announcement_id=announcement.id,
        author_id=announcement.author_id,
        guest_id=event.guest_id,
        created_at=at,
        modified_at=at,
        previous=announcement.newest_booking,
    )


def _evolve_booking(booking: Booking, event: AnyBookingEvent, at: datetime) -> Booking:
    invited_again = isinstance(event, BookingInvited) and booking.guest_status is False
    return replace(
        booking,
        **booking_fields(event),
        modified_at=at,
        held_for=_held_for(event),
        clashes=event.clashes if isinstance(event, BookingUnsettled) else (),
        requests=booking.requests + isinstance(event, BookingRequested),
        invited_again=booking.invited_again or invited_again,
        author_noes=booking.author_noes + _is_no_of_author(event),
        guest_noes=booking.guest_noes + isinstance(event, _NOES_OF_GUEST),
    )


def _is_no_of_author(event: AnyBookingEvent) -> bool:
    return isinstance(event, _NOES_OF_AUTHOR) and not is_untold(event)


def _held_for(event: AnyBookingEvent) -> HeldFor | None:
    match event:
        case BookingInvited(hold_until=datetime()):
            return "invitation"
        case BookingOffered():
            return "offer"
        case BookingUnsettled():
            return "move"
        case BookingHoldShortened():
            return "offer" if event.offered else "invitation"
        case _:
            return None


def _count_seats(
    announcement: Announcement, before: Booking | None, after: Booking
) -> Announcement:
    confirmed = announcement.confirmed + after.confirmed - (before is not None and before.confirmed)
    held = (
        announcement.held
        + (after.hold_until is not None)
        - (before is not None and before.hold_until is not None)
    )
    line = announcement.waiting
    if before is not None and before.waiting and not after.waiting:
        line = tuple(one for one in line if one != after.id)
    elif after.waiting and (before is None or not before.waiting):
        line = (*line, after.id)
    newest = after.id if before is None else announcement.newest_booking
    return replace(
        announcement, confirmed=confirmed, held=held, waiting=line, newest_booking=newest
    )


def _engage(layer: Layer, person: Person, booking: Booking) -> Person:
    """The person with this booking where it now belongs, and without what is over."""
    attending = tuple(
        one for one in person.attending if one != booking.id and _is_live_booking(layer, one)
    )
    pending = tuple(
        one for one in person.pending if one != booking.id and _is_live_booking(layer, one)
    )
    if booking.confirmed:
        attending = (*attending, booking.id)
    elif booking.pending:
        pending = (*pending, booking.id)
    return replace(person, attending=attending, pending=pending)


def _is_live_booking(layer: Layer, booking_id: BookingId) -> bool:
    booking = layer.bookings.get(booking_id)
    return booking is not None and is_live(layer, booking.announcement_id)
