"""Sums up the seat ledger of a journal in one digest.

The ledger is what events say of seats, position by position: how many there are, who asked for
one, was promised, has or gave back one, and how many are taken after it. A renewed journal has
the same digest as the one before: nothing about a seat has changed.
"""

from collections.abc import Iterable
from hashlib import sha256

from msgspec import UNSET
from msgspec.json import encode

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import BookingEvent
from contracts.events.stored.domain_event import DomainEvent


class SeatLedger:
    """Takes the events of a journal, in order. It goes on from the `digest` of an earlier one."""

    def __init__(self, digest: str = "") -> None:
        self.digest = digest
        """Digest of everything so far, hexadecimal; empty before the first seat."""

    def record(self, seq: int, events: Iterable[DomainEvent]) -> None:
        """Take the events of the Commit at `seq`."""
        if lines := [line for event in events if (line := _line_of(event)) is not None]:
            self.digest = sha256(encode((self.digest, seq, lines))).hexdigest()


def _line_of(event: DomainEvent) -> tuple[object, ...] | None:
    """Return what an event says of seats; None if it says nothing of them."""
    name = type(event).__name__
    match event:
        case BookingEvent():
            return (
                name,
                event.announcement_id,
                event.booking_id,
                event.guest_id,
                event.author_status,
                event.guest_status,
                getattr(event, "hold_until", None),
                event.taken,
            )
        case AnnouncementCreated():
            return (
                name,
                event.announcement_id,
                event.author_id,
                event.event_time,
                event.duration_min,
                event.ticket_count,
            )
        case AnnouncementChanged():
            count, time = event.ticket_count, event.event_time
            stated = [None if one is UNSET else one for one in (count, time)]
            return (name, event.announcement_id, *stated)
        case AnnouncementPublished() | AnnouncementCancelled() | AnnouncementDone():
            return (name, event.announcement_id)
        case _:  # Nothing else is about seats.
            return None
