"""Read model `announcements`: every evening as it is now, drafts and past ones included.

The end of the evening and the seats left are computed by the database.
"""

from typing import Final

from contracts.announcement_events import AnnouncementCreated, AnyAnnouncementEvent
from contracts.announcement_fields import announcement_columns
from contracts.booking_events import AnyBookingEvent
from projector.read_models.projections.rows import NOTHING_MORE, Facts, Put, Table

ANNOUNCEMENTS: Final = Table(
    "announcements",
    "announcement_id",
    {
        "announcement_id": "uuid",
        "author_id": "uuid",
        "movie_id": "uuid",
        "movie_title": "text",
        "movie_title_ru": "text",
        "duration_min": "integer",
        "title": "text",
        "description": "text",
        "status": "text",
        "closed_reason": "text",
        "cancel_reason": "text",
        "visibility": "text",
        "is_free": "boolean",
        "price_amount": "double precision",
        "price_currency": "text",
        "ticket_count": "integer",
        "taken": "integer",
        "event_time": "timestamptz",
        "tz": "text",
        "event_location": "text",
        "hide_location": "boolean",
        "location_hint": "text",
        "version": "integer",
        "created": "timestamptz",
        "modified": "timestamptz",
    },
)


def project_announcement(event: AnyAnnouncementEvent, facts: Facts) -> Put:
    initial = NOTHING_MORE if isinstance(event, AnnouncementCreated) else None
    columns = announcement_columns(event, facts.decided_at)
    return Put(ANNOUNCEMENTS, event.announcement_id, columns, initial)


def project_seats(event: AnyBookingEvent) -> Put:
    return Put(ANNOUNCEMENTS, event.announcement_id, {"taken": event.taken})
