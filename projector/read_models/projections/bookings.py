"""Read model `bookings`: what a guest and an author have said about an announcement."""

from typing import Any, Final

from contracts.events.booking import (
    AnyBookingEvent,
    BookingEvent,
    BookingInvited,
    BookingPreapproved,
    BookingRequested,
)
from contracts.events.folding.booking_fields import booking_columns
from projector.read_models.read_model import (
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
    announcement_of,
)

BOOKINGS: Final = TableShape(
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
        "words_by": "uuid",
        "created": "timestamptz",
        "modified": "timestamptz",
        "changed_seq": "bigint",
    },
    words=(Words("words_by", dict.fromkeys(("reason", "reason_by", "message", "words_by"))),),
    kept={"state": "nobody"},
)
"""`words_by` typed the message, and the reason unless that is a code of the system."""


BEGINNINGS: Final = (BookingRequested, BookingInvited)


def project_booking(event: AnyBookingEvent, context: EventContext) -> Put:
    columns = _columns_after(event, context)
    if not isinstance(event, BEGINNINGS):
        return Put(BOOKINGS, event.booking_id, columns)
    # Only the table knows whether the pair has a booking already.
    columns["announcement_id"] = event.announcement_id
    columns["author_id"] = event.author_id
    columns["guest_id"] = event.guest_id
    return Put(BOOKINGS, event.booking_id, columns, {"created": context.decided_at})


def _columns_after(event: AnyBookingEvent, context: EventContext) -> dict[str, Any]:
    columns = booking_columns(event, context.decided_at)
    columns["changed_seq"] = context.seq
    typed = columns["message"] is not None or columns["reason_by"] == "person"
    columns["words_by"] = context.writer if typed else None
    # A guest who is approved in advance keeps the place in the waitlist.
    if not isinstance(event, BookingPreapproved):
        columns["queued_seq"] = context.seq if columns["waiting"] else None
    return columns


READ_MODEL: Final = ReadModel(
    BOOKINGS, (Projection(BookingEvent, project_booking, announcement_of),)
)
