"""Tells when a held seat has to be given up."""

from collections.abc import Iterator

from command_api.domain.booking.commands import HoldDue
from command_api.domain.deadline import Deadline, NoDeadline, deadline_of
from command_api.domain.layer import Layer


def list_booking_deadlines(changed: Layer) -> Iterator[Deadline | NoDeadline]:
    """Yield the deadline of each booking in `changed`: none unless a seat is held for it."""
    for booking in changed.bookings.own.values():
        yield deadline_of(booking.id, booking.hold_until, HoldDue(booking_id=booking.id))
