"""What stands after an event: the fields that it puts into its evening or booking.

The projector writes these fields into tables, the read side folds a history with them; what
an event says of itself here is the write side's as well. Values are absolute, so a later one
replaces an earlier one. `modified` is the time of the last event of the thing itself; bookings
change only an evening's `taken`.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET

from contracts.announcement_events import (
    CHANGEABLE_FIELDS,
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
    AnyAnnouncementEvent,
)
from contracts.booking_events import (
    AnyBookingEvent,
    BookingEvent,
    BookingHoldShortened,
    BookingInvited,
    BookingOffered,
    BookingPreapproved,
    BookingReleased,
    BookingRequested,
    BookingRevoked,
    BookingUnsettled,
)
from contracts.booking_state import ReasonBy, booking_state


def evening_fields(event: AnyAnnouncementEvent, at: datetime) -> dict[str, Any]:
    """All fields of an evening for its creation, the changed ones for everything later."""
    if isinstance(event, AnnouncementCreated):
        return _created(event, at)
    return _changes(event) | {"version": event.version, "modified": at}


def booking_fields(event: AnyBookingEvent, at: datetime) -> dict[str, Any]:
    """Every booking event states the pair after it, so no rule of the write side is known
    here. `reason` and `message` are those of the last event, none where it gave none, as in
    the answer to the write."""
    waiting = is_waiting(event)
    return {
        "author_status": event.author_status,
        "guest_status": event.guest_status,
        "state": booking_state(
            (event.author_status, event.guest_status),
            waiting=waiting,
            offered=isinstance(event, BookingOffered | BookingUnsettled)
            or (isinstance(event, BookingHoldShortened) and event.offered),
        ),
        "waiting": waiting,
        "preapproved": is_preapproved(event),
        "hold_until": _hold_until(event),
        "untold": is_untold(event),
        "reason": reason_of(event),
        "reason_by": reason_by(event),
        "message": getattr(event, "message", None),
        "modified": at,
    }


def changed_fields(event: AnnouncementChanged) -> dict[str, Any]:
    """The fields that the event states, by name."""
    return {
        name: value for name in CHANGEABLE_FIELDS if (value := getattr(event, name)) is not UNSET
    }


def is_waiting(event: AnyBookingEvent) -> bool:
    """Whether the booking stands in line after the event."""
    return isinstance(event, BookingPreapproved) or (
        isinstance(event, BookingRequested) and event.waiting
    )


def is_preapproved(event: AnyBookingEvent) -> bool:
    """Whether the booking, standing in line after the event, has the author's yes."""
    return isinstance(event, BookingPreapproved) or (
        isinstance(event, BookingRequested) and event.preapproved
    )


def is_untold(event: AnyBookingEvent) -> bool:
    """Whether the guest has never been told that there is a booking."""
    return isinstance(event, BookingRevoked) and event.untold


def reason_of(event: BookingEvent) -> str | None:
    """The code that says why, by a party or by the system."""
    match event:
        case BookingReleased():
            return event.reason
        case BookingUnsettled():
            return "moved_clash"
        case _:
            return getattr(event, "reason", None)


def reason_by(event: BookingEvent) -> ReasonBy | None:
    """Who gave the reason of the event; None if there is none."""
    if isinstance(event, BookingReleased | BookingUnsettled):
        return "system"
    return None if reason_of(event) is None else "person"


def _changes(
    event: AnnouncementPublished
    | AnnouncementChanged
    | AnnouncementClosed
    | AnnouncementReopened
    | AnnouncementCancelled
    | AnnouncementDone,
) -> dict[str, Any]:
    match event:
        case AnnouncementPublished() | AnnouncementReopened():
            return {"status": "Alive", "closed_reason": None}
        case AnnouncementClosed():
            return {"status": "Closed", "closed_reason": event.reason}
        case AnnouncementCancelled():
            return {"status": "Cancelled", "cancel_reason": event.reason}
        case AnnouncementDone():
            return {"status": "Done"}
        case AnnouncementChanged():
            return changed_fields(event)


def _created(event: AnnouncementCreated, at: datetime) -> dict[str, Any]:
    return {
        "author_id": event.author_id,
        "movie_id": event.movie_id,
        "movie_title": event.movie_title,
        "movie_title_ru": event.movie_title_ru,
        "duration_min": event.duration_min,
        "title": event.title,
        "description": event.description,
        "status": "Created",
        "closed_reason": None,
        "cancel_reason": None,
        "visibility": event.visibility,
        "is_free": event.is_free,
        "price_amount": event.price_amount,
        "price_currency": event.price_currency,
        "ticket_count": event.ticket_count,
        "taken": 0,
        "event_time": event.event_time,
        "tz": event.tz,
        "event_location": event.event_location,
        "hide_location": event.hide_location,
        "location_hint": event.location_hint,
        "version": event.version,
        "created": at,
        "modified": at,
    }


def _hold_until(event: AnyBookingEvent) -> datetime | None:
    match event:
        case BookingInvited() | BookingOffered() | BookingUnsettled() | BookingHoldShortened():
            return event.hold_until
        case _:
            return None
