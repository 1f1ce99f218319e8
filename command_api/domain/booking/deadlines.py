"""States when a held seat has to be given up."""

from typing import Final

from command_api.domain.booking.commands import HoldDue
from command_api.domain.booking.state import Booking
from command_api.domain.deadline import DeadlineRule


def make_command(booking: Booking) -> HoldDue:
    return HoldDue(booking_id=booking.id)


def may_have_held_seat(booking: Booking) -> bool:
    """Return whether a seat is held, or may have been until the last event. None was for a guest
    whom the author has yet to answer: most bookings are made so, and need no look."""
    return booking.author_status is not None


BOOKING_DEADLINES: Final = DeadlineRule(
    "bookings", lambda one: one.hold_until, make_command, concerns=may_have_held_seat
)
