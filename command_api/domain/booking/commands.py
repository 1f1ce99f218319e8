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
    """The id of the booking if the pair has none yet."""
    message: str | None = None
    follows_author: bool | None = None
    """Whether the guest follows the author; None if it was not looked up."""


class AnswerBooking(Struct, frozen=True, kw_only=True, tag="booking.answer"):
    """One side of a booking says yes or no. The actor is the guest or the author."""

    booking_id: BookingId | None = None
    announcement_id: AnnouncementId | None = None
    guest_id: PersonId | None = None
    """Given together with `announcement_id`, if the booking's own id is not."""
    my_status: bool
    reason: str | None = None
    message: str | None = None
    only_as_guest: bool = False
    """Whether to refuse it from the author: only a guest may withdraw (DELETE)."""


class InviteGuests(Struct, frozen=True, kw_only=True, tag="booking.invite"):
    announcement_id: AnnouncementId
    guests: tuple[Invitee, ...]
    hold_until: datetime | None = None


class HoldDue(Struct, frozen=True, kw_only=True, tag="booking.hold_due"):
    """The deadline of a held seat may have passed."""

    booking_id: BookingId


AnyBookingCommand = RequestBooking | AnswerBooking | InviteGuests | HoldDue
