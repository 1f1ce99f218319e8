"""Read model `bookings`: what a guest and an author have said about an evening.

Every booking event states the pair after it, so no rule of the write side is known here.
`reason` and `message` are those of the last event, none where it gave none, as in the
answer to the write.
"""

from datetime import datetime
from typing import Any, Final

from contracts.booking_state import booking_state
from contracts.events import (
    AnyBookingEvent,
    BookingInvited,
    BookingOffered,
    BookingPreapproved,
    BookingReleased,
    BookingRequested,
    BookingUnsettled,
)
from projector.projections.rows import Facts, Put, Table

BOOKINGS: Final = Table(
    "bookings",
    "booking_id",
    {
        "booking_id": "uuid",
        "announcement_id": "uuid",
        "author_id": "uuid",
        "guest_id": "uuid",
        "author_status": "boolean",
        "guest_status": "boolean",
        "state": "text",
        "waiting": "boolean",
        "queued_seq": "bigint",
        "preapproved": "boolean",
        "hold_until": "timestamptz",
        "reason": "text",
        "message": "text",
        "created": "timestamptz",
        "modified": "timestamptz",
        "changed_seq": "bigint",
    },
)


def project_booking(event: AnyBookingEvent, facts: Facts) -> Put:
    columns = _standing(event, facts)
    if not isinstance(event, BookingRequested | BookingInvited):
        return Put(BOOKINGS, event.booking_id, columns)
    # The first word about a pair, or a later one: only the table knows.
    columns["announcement_id"] = event.announcement_id
    columns["author_id"] = event.author_id
    columns["guest_id"] = event.guest_id
    return Put(BOOKINGS, event.booking_id, columns, {"created": facts.decided_at})


def _standing(event: AnyBookingEvent, facts: Facts) -> dict[str, Any]:
    waiting = isinstance(event, BookingPreapproved) or (
        isinstance(event, BookingRequested) and event.waiting
    )
    columns = {
        "author_status": event.author_status,
        "guest_status": event.guest_status,
        "state": booking_state(
            (event.author_status, event.guest_status),
            waiting=waiting,
            offered=isinstance(event, BookingOffered | BookingUnsettled),
        ),
        "waiting": waiting,
        "queued_seq": facts.seq if waiting else None,
        "preapproved": isinstance(event, BookingPreapproved),
        "hold_until": _hold_until(event),
        "reason": _reason(event),
        "message": getattr(event, "message", None),
        "modified": facts.decided_at,
        "changed_seq": facts.seq,
    }
    if isinstance(event, BookingPreapproved):
        del columns["queued_seq"]  # It keeps its place.
    return columns


def _hold_until(event: AnyBookingEvent) -> datetime | None:
    match event:
        case BookingInvited() | BookingOffered() | BookingUnsettled():
            return event.hold_until
        case _:
            return None


def _reason(event: AnyBookingEvent) -> str | None:
    match event:
        case BookingReleased():
            return event.reason
        case BookingUnsettled():
            return "moved_clash"
        case _:
            return getattr(event, "reason", None)
