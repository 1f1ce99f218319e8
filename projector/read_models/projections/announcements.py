"""Read model `announcements`: every announcement as it is now, drafts and past ones included.

The database computes when the film ends and how many seats are left.
"""

from typing import Final

from contracts.events.announcement import (
    AnnouncementCreated,
    AnnouncementEvent,
    AnyAnnouncementEvent,
)
from contracts.events.announcement_fields import announcement_columns
from contracts.events.booking import AnyBookingEvent, BookingEvent
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    announcement_of,
    column_types,
)

ANNOUNCEMENTS: Final = TableShape(
    "announcements",
    "announcement_id",
    column_types(AnnouncementCreated)
    | {
        "status": "text",
        "closed_reason": "text",
        "cancel_reason": "text",
        "taken": "integer",
        "created": "timestamptz",
        "modified": "timestamptz",
    },
)


def project_announcement(event: AnyAnnouncementEvent, context: EventContext) -> Put:
    initial = NOTHING_MORE if isinstance(event, AnnouncementCreated) else None
    columns = announcement_columns(event, context.decided_at)
    return Put(ANNOUNCEMENTS, event.announcement_id, columns, initial)


def project_seats(event: AnyBookingEvent, _: EventContext) -> Put:
    """Return how many seats are taken after the event, as it states."""
    return Put(ANNOUNCEMENTS, event.announcement_id, {"taken": event.taken})


READ_MODEL: Final = ReadModel(
    ANNOUNCEMENTS,
    (
        Projection(AnnouncementEvent, project_announcement, announcement_of),
        Projection(BookingEvent, project_seats, announcement_of),
    ),
)
