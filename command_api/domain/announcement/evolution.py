"""Applies recorded facts to announcements."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.layer import Layer
from contracts.announcement_events import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
)
from contracts.announcement_fields import changed_fields
from contracts.ids import AnnouncementId


def evolve_announcement(
    announcement: Announcement,
    event: AnnouncementPublished
    | AnnouncementChanged
    | AnnouncementClosed
    | AnnouncementReopened
    | AnnouncementCancelled
    | AnnouncementDone,
    at: datetime,
) -> Announcement:
    changes: dict[str, object]
    match event:
        case AnnouncementPublished() | AnnouncementReopened():
            changes = {"status": "Alive", "closed_reason": None}
        case AnnouncementClosed():
            changes = {"status": "Closed", "closed_reason": event.reason}
        case AnnouncementCancelled():
            changes = {"status": "Cancelled", "cancel_reason": event.reason}
        case AnnouncementDone():
            changes = {"status": "Done"}
        case AnnouncementChanged():
            changes = changed_fields(event)
    return replace(announcement, **changes, version=event.version, modified_at=at)


def create_announcement(layer: Layer, event: AnnouncementCreated, at: datetime) -> None:
    layer.announcements[event.announcement_id] = Announcement(
        id=event.announcement_id,
        author_id=event.author_id,
        movie_id=event.movie_id,
        movie_title=event.movie_title,
        movie_title_ru=event.movie_title_ru,
        duration_min=event.duration_min,
        title=event.title,
        description=event.description,
        visibility=event.visibility,
        is_free=event.is_free,
        ticket_count=event.ticket_count,
        event_time=event.event_time,
        event_location=event.event_location,
        version=event.version,
        price_amount=event.price_amount,
        price_currency=event.price_currency,
        tz=event.tz,
        hide_location=event.hide_location,
        location_hint=event.location_hint,
        created_at=at,
        modified_at=at,
        previous_of_film=layer.newest_of_film(event.movie_id),
    )
    layer.films[event.movie_id] = event.announcement_id
    author = layer.person(event.author_id)
    hosting = (*(one for one in author.hosting if is_live(layer, one)), event.announcement_id)
    layer.people[author.id] = replace(author, hosting=hosting)


def find_announced(layer: Layer, announcement_id: AnnouncementId) -> Announcement:
    announcement = layer.announcement(announcement_id)
    if announcement is None:
        raise LookupError(f"an event names announcement {announcement_id}, which never was created")
    return announcement


def is_live(layer: Layer, announcement_id: AnnouncementId) -> bool:
    announcement = layer.announcement(announcement_id)
    return announcement is not None and announcement.status not in ("Done", "Cancelled")
