"""The commands about bookings."""

from datetime import datetime

from msgspec import Struct

from command_api.domain.person.commands import PersonFacts
from contracts.values.ids import AnnouncementId, BookingId, PersonId


class Invitee(Struct, frozen=True):
    """A guest to invite, and the id of the booking if it is the pair's first."""

    guest_id: PersonId
    booking_id: BookingId
    facts: PersonFacts | None
    """None if Auth does not know the person."""


class RequestBooking(Struct, frozen=True, kw_only=True, tag="booking.request"):
    announcement_id: AnnouncementId
    booking_id: BookingId
    """Used if the pair has no booking yet."""
    message: str | None = None
    follows_author: bool | None = None
    """None: not looked up."""


class AnswerBooking(Struct, frozen=True, kw_only=True, tag="booking.answer"):
    """One side of a booking says yes or no. The actor is the guest or the author."""

    booking_id: BookingId | None = None
    announcement_id: AnnouncementId | None = None
    guest_id: PersonId | None = None
    """The booking is named by its id, or by announcement and guest."""
    my_status: bool
    reason: str | None = None
    message: str | None = None
    only_as_guest: bool = False
    """Whether it is a withdrawal (DELETE), which an author may not send."""


class InviteGuests(Struct, frozen=True, kw_only=True, tag="booking.invite"):
    announcement_id: AnnouncementId
    guests: tuple[Invitee, ...]
    hold_until: datetime | None = None


class HoldDue(Struct, frozen=True, kw_only=True, tag="booking.hold_due"):
    """The time for which a seat was held may have passed."""

    booking_id: BookingId


AnyBookingCommand = RequestBooking | AnswerBooking | InviteGuests | HoldDue
