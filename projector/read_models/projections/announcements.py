"""Read model `announcements`: every announcement as it is now, drafts and past ones included.

The database computes when the film ends and how many seats are left. `published` stays when an
announcement is cancelled: it tells one that was in people's schedules from a draft.
"""

from typing import Final

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementCreated,
    AnnouncementEvent,
    AnnouncementPublished,
    AnyAnnouncementEvent,
)
from contracts.events.booking import AnyBookingEvent, BookingEvent
from contracts.events.folding.announcement_fields import announcement_columns
from contracts.events.report import EveningHidden
from contracts.values.personal import ERASED_TEXT, HIDDEN_TEXT
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
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
        "cancel_reason_by": "uuid",
        "taken": "integer",
        "published": "boolean",
        "created": "timestamptz",
        "modified": "timestamptz",
    },
    words=(
        Words(
            "author_id",
            {
                "title": ERASED_TEXT,
                "description": ERASED_TEXT,
                "event_location": ERASED_TEXT,
                "location_hint": None,
            },
        ),
        Words("cancel_reason_by", {"cancel_reason": None, "cancel_reason_by": None}),
    ),
    kept=dict.fromkeys(
        (
            *("movie_title", "movie_title_ru", "visibility", "price_currency", "tz", "publish_to"),
            *("status", "closed_reason"),
        ),
        "nobody",
    ),
)


def project_announcement(event: AnyAnnouncementEvent, context: EventContext) -> Put:
    initial = NOTHING_MORE if isinstance(event, AnnouncementCreated) else None
    columns = announcement_columns(event, context.decided_at)
    match event:
        case AnnouncementCreated():
            columns |= {"cancel_reason_by": None, "published": False}
        case AnnouncementPublished():
            columns["published"] = True
        case AnnouncementCancelled():
            columns["cancel_reason_by"] = None if event.reason is None else context.writer
        case _:
            pass
    return Put(ANNOUNCEMENTS, event.announcement_id, columns, initial)


def project_seats(event: AnyBookingEvent, _: EventContext) -> Put:
    """Return how many seats are taken after the event, as it states."""
    return Put(ANNOUNCEMENTS, event.announcement_id, {"taken": event.taken})


def project_hidden(event: EveningHidden, _: EventContext) -> Put:
    hidden = {
        "title": HIDDEN_TEXT,
        "description": HIDDEN_TEXT,
        "event_location": HIDDEN_TEXT,
        "location_hint": None,
    }
    return Put(ANNOUNCEMENTS, event.announcement_id, hidden)


READ_MODEL: Final = ReadModel(
    ANNOUNCEMENTS,
    (
        Projection(AnnouncementEvent, project_announcement, announcement_of),
        Projection(BookingEvent, project_seats, announcement_of),
        Projection(EveningHidden, project_hidden, announcement_of),
    ),
)
