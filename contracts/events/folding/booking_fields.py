"""States what each event changes in a booking, once for all readers of events.

Every booking event states the pair after it, so no rule of the write side is needed here.
Values are absolute: a later one replaces an earlier one. `reason` and `message` are those of
the last event; an event without them clears them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, get_args

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
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events.folding.booking_state import Party, ReasonBy, booking_state

_REASON_OF_SYSTEM: Final = (BookingReleased, BookingUnsettled)
_NOTHING_SAID: Final[dict[str, Any]] = {
    "waiting": False,
    "preapproved": False,
    "hold_until": None,
    "untold": False,
    "reason": None,
    "reason_by": None,
    "message": None,
}
_SAID_BY_KIND: Final[dict[type[BookingEvent], dict[str, Any]]] = {
    **dict.fromkeys(get_args(AnyBookingEvent), _NOTHING_SAID),
    BookingPreapproved: _NOTHING_SAID | {"waiting": True, "preapproved": True},
    BookingUnsettled: _NOTHING_SAID | {"reason": "moved_clash"},
}
"""The values that an event sets because it is of this kind, unless a field of it says otherwise."""
_SAID_IN_FIELDS: Final[dict[type[BookingEvent], tuple[str, ...]]] = {
    kind: tuple(name for name in _NOTHING_SAID if name in kind.__struct_fields__)
    for kind in get_args(AnyBookingEvent)
}
_OFFERS: Final = (BookingOffered, BookingUnsettled)
_WORDS_OF_GUEST: Final = (
    BookingRequested,
    BookingAccepted,
    BookingDeclined,
    BookingWithdrawn,
    BookingLeft,
)


def booking_fields(event: BookingEvent) -> dict[str, Any]:
    """Return the fields that `event` sets, by name. Every booking event sets all of them."""
    kind = type(event)
    fields = {
        "author_status": event.author_status,
        "guest_status": event.guest_status,
        **_SAID_BY_KIND[kind],
    }
    for name in _SAID_IN_FIELDS[kind]:
        fields[name] = getattr(event, name)
    if fields["reason"] is not None:
        fields["reason_by"] = "system" if kind in _REASON_OF_SYSTEM else "person"
    return fields


def booking_columns(event: BookingEvent, at: datetime) -> dict[str, Any]:
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


def is_waiting(event: BookingEvent) -> bool:
    """Whether the booking is on the waitlist after the event."""
    return bool(booking_fields(event)["waiting"])


def reason_by(event: BookingEvent) -> ReasonBy | None:
    """Return who gave the reason of the event; None if it has no reason."""
    giver: ReasonBy | None = booking_fields(event)["reason_by"]
    return giver


def words_by(event: BookingEvent, fields: Mapping[str, Any]) -> Party | None:
    """Return who typed the words of the event, which sets `fields`; None if it has no words of a
    party."""
    if fields["reason_by"] != "person" and fields["message"] is None:
        return None
    return "guest" if isinstance(event, _WORDS_OF_GUEST) else "author"
