"""What can be asked for about bookings."""

from datetime import datetime

from msgspec import Struct

from command_api.domain.person.commands import PersonFacts
from contracts.values.ids import AnnouncementId, BookingId, PersonId


class Invitee(Struct, frozen=True):
    """A guest to invite, and the id of the booking should it be their first one here."""

    guest_id: PersonId
    booking_id: BookingId
    facts: PersonFacts | None
    """None where Auth does not know the person."""


class RequestBooking(Struct, frozen=True, kw_only=True, tag="booking.request"):
    announcement_id: AnnouncementId
    booking_id: BookingId
    """For the case that it is the pair's first."""
    message: str | None = None
    follows_author: bool | None = None
    """None: not looked up."""


class AnswerBooking(Struct, frozen=True, kw_only=True, tag="booking.answer"):
    """One side of a booking says yes or no. Which side follows from who asks."""

    booking_id: BookingId | None = None
    announcement_id: AnnouncementId | None = None
    guest_id: PersonId | None = None
    """The booking by its id, or by announcement and guest."""
    my_status: bool
    reason: str | None = None
    message: str | None = None
    only_as_guest: bool = False
    """A withdrawal (DELETE): not for the author."""


class InviteGuests(Struct, frozen=True, kw_only=True, tag="booking.invite"):
    announcement_id: AnnouncementId
    guests: tuple[Invitee, ...]
    hold_until: datetime | None = None


class HoldDue(Struct, frozen=True, kw_only=True, tag="booking.hold_due"):
    """The time for which a seat was held may have passed."""

    booking_id: BookingId
