"""Applies the events of announcements to the layer."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.layer import Layer
from command_api.domain.person.engagements import disengage_everybody, engage_author
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementCreated,
    AnyAnnouncementEvent,
)
from contracts.events.announcement_fields import announcement_fields
from contracts.values.ids import AnnouncementId


def apply_announcement_event(layer: Layer, event: AnyAnnouncementEvent, at: datetime) -> None:
    """Raises LookupError if the event names an announcement that was never created."""
    if isinstance(event, AnnouncementCreated):
        _create_announcement(layer, event, at)
        return
    before = find_announcement(layer, event.announcement_id)
    after = replace(before, **announcement_fields(event), modified_at=at)
    if isinstance(event, AnnouncementCancelled):
        after = replace(after, cancelled_by=event.by)
    layer.announcements.put(after.id, after)
    if after.has_ended and not before.has_ended:
        disengage_everybody(layer, after)


def find_announcement(layer: Layer, announcement_id: AnnouncementId) -> Announcement:
    """Return the announcement that an event names. Raises LookupError if there is none."""
    announcement = layer.announcements.get(announcement_id)
    if announcement is None:
        raise LookupError(f"an event names announcement {announcement_id}, which was never created")
    return announcement


def _create_announcement(layer: Layer, event: AnnouncementCreated, at: datetime) -> None:
    announcement = Announcement(
        id=event.announcement_id,
        **announcement_fields(event),
        created_at=at,
        modified_at=at,
        previous_of_film=layer.newest_of_film.get(event.movie_id),
        previous_of_author=layer.person(event.author_id).newest_announcement,
    )
    layer.announcements.put(announcement.id, announcement)
    layer.newest_of_film.put(event.movie_id, announcement.id)
    engage_author(layer, announcement)
