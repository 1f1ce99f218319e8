"""Applies the events of bookings to the layer: to the booking, its announcement, its people."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking, HeldFor
from command_api.domain.layer import Layer
from command_api.domain.person.engagements import engage_guest, without
from command_api.domain.person.state import Person
from contracts.events.booking import (
    AnyBookingEvent,
    BookingDeclined,
    BookingEvent,
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
from contracts.events.folding.booking_fields import booking_fields, words_by
from contracts.values.ids import PersonId

_COUNTERS: Final[dict[type[BookingEvent], str]] = {
    BookingRequested: "requests",
    BookingRejected: "author_noes",
    BookingRevoked: "author_noes",
    BookingDeclined: "guest_noes",
    BookingLeft: "guest_noes",
    BookingWithdrawn: "guest_noes",
}
"""The field of a booking that counts events of a type."""


def apply_booking_event(
    layer: Layer, event: AnyBookingEvent, at: datetime, _actor: PersonId
) -> None:
    """Raises LookupError if the event names an announcement that was never created."""
    announcement = layer.announcements.find(event.announcement_id)
    # By its id and nothing else: a booking that is taken for a new one could come to stand
    # before itself in its announcement's chain.
    before = layer.bookings.get(event.booking_id)
    guest = layer.person(event.guest_id)
    after = _evolve(before or _make(guest, announcement, event, at), event, at)
    if before is None:
        layer.booking_ids.put((announcement.id, after.guest_id), after.id)
    layer.bookings.put(after.id, after)
    layer.announcements.put(announcement.id, _count_seats(announcement, before, after))
    engage_guest(layer, guest, announcement, before, after)
    if isinstance(event, BookingInvited):
        _count_invitation(layer, after, at)


def _make(
    guest: Person, announcement: Announcement, event: AnyBookingEvent, at: datetime
) -> Booking:
    return Booking(
        id=event.booking_id,
        announcement_id=announcement.id,
        author_id=announcement.author_id,
        guest_id=guest.id,
        created_at=at,
        modified_at=at,
        previous=announcement.newest_booking,
        previous_of_guest=guest.newest_booking,
    )


def _evolve(booking: Booking, event: AnyBookingEvent, at: datetime) -> Booking:
    changes = booking_fields(event)
    changes["words_by"] = words_by(event, changes)
    changes["modified_at"] = at
    changes["held_for"] = _held_for(event) if changes["hold_until"] is not None else None
    changes["overlapping"] = event.clashes if isinstance(event, BookingUnsettled) else ()
    counter = _COUNTERS.get(type(event))
    if counter is not None and not changes["untold"]:
        changes[counter] = getattr(booking, counter) + 1
    if booking.guest_status is False and isinstance(event, BookingInvited):
        changes["invited_again"] = True
    return replace(booking, **changes)


def _held_for(event: AnyBookingEvent) -> HeldFor | None:
    match event:
        case BookingInvited():
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
    waitlist = announcement.waitlist
    if before is not None and before.waiting and not after.waiting:
        waitlist = without(waitlist, after.id)
    elif after.waiting and (before is None or not before.waiting):
        waitlist = (*waitlist, after.id)
    newest = after.id if before is None else announcement.newest_booking
    return replace(
        announcement, confirmed=confirmed, held=held, waitlist=waitlist, newest_booking=newest
    )


def _count_invitation(layer: Layer, booking: Booking, at: datetime) -> None:
    """Count for the limits on how many invitations one person may send and receive."""
    author = layer.person(booking.author_id)
    sent = author.invitations_on(at)
    sent = replace(sent, sent=sent.sent + 1)
    layer.people.put(author.id, replace(author, invitations=sent))
    guest = layer.person(booking.guest_id)
    received = guest.invitations_on(at)
    received = replace(received, received_from=(*received.received_from, author.id))
    layer.people.put(guest.id, replace(guest, invitations=received))
