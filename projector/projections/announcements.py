"""Read model `announcements`: every evening as it is now, drafts and past ones included.

`modified` is the time of the last event of the announcement itself; bookings change only
`taken`. The end of the evening and the seats left are computed by the database.
"""

from typing import Any, Final

from msgspec import UNSET

from contracts.events import (
    CHANGEABLE_FIELDS,
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementEvent,
    AnnouncementPublished,
    AnnouncementReopened,
    AnyBookingEvent,
)
from projector.projections.rows import NOTHING_MORE, Facts, Put, Table

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


def project_announcement(event: AnnouncementEvent, facts: Facts) -> Put:
    if isinstance(event, AnnouncementCreated):
        return Put(ANNOUNCEMENTS, event.announcement_id, _created(event, facts), NOTHING_MORE)
    columns = _changes(event)
    columns["version"] = event.version
    columns["modified"] = facts.decided_at
    return Put(ANNOUNCEMENTS, event.announcement_id, columns)


def project_seats(event: AnyBookingEvent) -> Put:
    return Put(ANNOUNCEMENTS, event.announcement_id, {"taken": event.taken})


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
            fields = ((name, getattr(event, name)) for name in CHANGEABLE_FIELDS)
            return {name: value for name, value in fields if value is not UNSET}


def _created(event: AnnouncementCreated, facts: Facts) -> dict[str, Any]:
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
        "created": facts.decided_at,
        "modified": facts.decided_at,
    }
