"""Applies the events of announcements to the layer."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.broadcast.following import move_broadcasts
from command_api.domain.layer import Layer
from command_api.domain.person.engagements import engage_author, follow_announcement
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementCreated,
    AnyAnnouncementEvent,
)
from contracts.events.folding.announcement_fields import announcement_fields
from contracts.values.ids import SYSTEM, PersonId


def apply_announcement_event(
    layer: Layer, event: AnyAnnouncementEvent, at: datetime, actor: PersonId
) -> None:
    """Raises LookupError if the event names an announcement that was never created, or creates one
    again: it would come to stand before itself in its chains."""
    if isinstance(event, AnnouncementCreated):
        _create_announcement(layer, event, at)
        return
    before = layer.announcements.find(event.announcement_id)
    after = replace(before, **announcement_fields(event), modified_at=at)
    if isinstance(event, AnnouncementCancelled):
        after = replace(after, **_note_actor(layer, after, actor))
    layer.announcements.put(after.id, after)
    if after.event_time != before.event_time:
        move_broadcasts(layer, after)
    follow_announcement(layer, before, after)


def _note_actor(layer: Layer, announcement: Announcement, actor: PersonId) -> dict[str, Any]:
    """Return the fields that say who called an announcement off. Unless it is the author, makes
    the announcement the newest that this person has called off."""
    if actor in (announcement.author_id, SYSTEM) or announcement.called_off_by is not None:
        return {"called_off_by": actor}
    person = layer.person(actor)
    layer.people.put(actor, replace(person, newest_called_off=announcement.id))
    return {"called_off_by": actor, "previous_called_off": person.newest_called_off}


def _create_announcement(layer: Layer, event: AnnouncementCreated, at: datetime) -> None:
    layer.announcements.demand_new(event.announcement_id)
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
