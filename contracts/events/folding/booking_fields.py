"""States what each event changes in a booking, once for all readers of events.

Every booking event states the pair after it, so no rule of the write side is needed here.
Values are absolute: a later one replaces an earlier one. `reason` and `message` are those of
the last event; an event without them clears them.
"""

from datetime import datetime
from typing import Any, Final

from contracts.events.booking import (
    AnyBookingEvent,
    BookingAccepted,
    BookingDeclined,
    BookingEvent,
    BookingHoldShortened,
    BookingLeft,
    BookingOffered,
    BookingPreapproved,
    BookingReleased,
    BookingRequested,
    BookingRevoked,
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events.folding.booking_state import Party, ReasonBy, booking_state

_REASON_OF_SYSTEM: Final = (BookingReleased, BookingUnsettled)
_OFFERS: Final = (BookingOffered, BookingUnsettled)
_WORDS_OF_GUEST: Final = (
    BookingRequested,
    BookingAccepted,
    BookingDeclined,
    BookingWithdrawn,
    BookingLeft,
)


def booking_fields(event: AnyBookingEvent) -> dict[str, Any]:
    """Return the fields that `event` sets, by name. Every booking event sets all of them."""
    reason = reason_of(event)
    return {
        "author_status": event.author_status,
        "guest_status": event.guest_status,
        "waiting": is_waiting(event),
        "preapproved": is_preapproved(event),
        "hold_until": getattr(event, "hold_until", None),
        "untold": is_untold(event),
        "reason": reason,
        "reason_by": _giver_of(reason, event),
        "message": getattr(event, "message", None),
    }


def booking_columns(event: AnyBookingEvent, at: datetime) -> dict[str, Any]:
    """Return the columns that `event`, decided at `at`, sets in a table of bookings."""
    columns = booking_fields(event)
    columns["state"] = booking_state(
        (event.author_status, event.guest_status),
        waiting=columns["waiting"],
        offered=isinstance(event, _OFFERS)
        or (isinstance(event, BookingHoldShortened) and event.offered),
    )
    columns["modified"] = at
    return columns


def is_waiting(event: AnyBookingEvent) -> bool:
    """Whether the booking is on the waitlist after the event."""
    return isinstance(event, BookingPreapproved) or (
        isinstance(event, BookingRequested) and event.waiting
    )


def is_preapproved(event: AnyBookingEvent) -> bool:
    """Whether the booking is on the waitlist with the author's yes after the event."""
    return isinstance(event, BookingPreapproved) or (
        isinstance(event, BookingRequested) and event.preapproved
    )


def is_untold(event: AnyBookingEvent) -> bool:
    """Whether the guest has never been told that there is a booking."""
    return isinstance(event, BookingRevoked) and event.untold


def reason_of(event: BookingEvent) -> str | None:
    """Return the reason of the event: a party's own words, or a code of the system."""
    match event:
        case BookingReleased():
            return event.reason
        case BookingUnsettled():
            return "moved_clash"
        case _:
            return getattr(event, "reason", None)


def reason_by(event: BookingEvent) -> ReasonBy | None:
    """Return who gave the reason of the event; None if it has no reason."""
    return _giver_of(reason_of(event), event)


def words_by(event: BookingEvent) -> Party | None:
    """Return who typed the words of the event; None if it has no words of a party."""
    typed = reason_by(event) == "person" or getattr(event, "message", None) is not None
    if not typed:
        return None
    return "guest" if isinstance(event, _WORDS_OF_GUEST) else "author"


def _giver_of(reason: str | None, event: BookingEvent) -> ReasonBy | None:
    if reason is None:
        return None
    return "system" if isinstance(event, _REASON_OF_SYSTEM) else "person"
