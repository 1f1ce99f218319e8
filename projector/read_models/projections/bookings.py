"""Read model `bookings`: what a guest and an author have said about an evening."""

from typing import Any, Final

from contracts.booking_events import (
    AnyBookingEvent,
    BookingInvited,
    BookingPreapproved,
    BookingRequested,
)
from contracts.booking_fields import booking_columns
from projector.read_models.projections.rows import Facts, Put, Table

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
        "untold": "boolean",
        "reason": "text",
        "reason_by": "text",
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
    columns = booking_columns(event, facts.decided_at)
    columns["changed_seq"] = facts.seq
    if not isinstance(event, BookingPreapproved):  # That keeps its place in line.
        columns["queued_seq"] = facts.seq if columns["waiting"] else None
    return columns
