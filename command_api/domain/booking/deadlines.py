"""States when a held seat has to be given up."""

from typing import Final

from command_api.domain.booking.commands import HoldDue
from command_api.domain.booking.state import Booking
from command_api.domain.deadline import DeadlineRule


def make_command(booking: Booking) -> HoldDue:
    return HoldDue(booking_id=booking.id)


BOOKING_DEADLINES: Final = DeadlineRule("bookings", lambda one: one.hold_until, make_command)
