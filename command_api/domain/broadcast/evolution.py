"""Applies the events of broadcasts to the layer."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.broadcast.state import Broadcast, find_due_time
from command_api.domain.layer import Layer
from contracts.events.broadcast import (
    AnyBroadcastEvent,
    BroadcastCancelled,
    BroadcastChanged,
    BroadcastSent,
    BroadcastWritten,
)
from contracts.values.ids import PersonId


def apply_broadcast_event(
    layer: Layer, event: AnyBroadcastEvent, at: datetime, _actor: PersonId
) -> None:
    """Raises LookupError if the event names a broadcast that was never written, or writes one
    again."""
    announcement = layer.announcements.find(event.announcement_id)
    if isinstance(event, BroadcastWritten):
        layer.broadcasts.demand_new(event.broadcast_id)
        after = _make(event, announcement, at)
        layer.announcements.put(announcement.id, replace(announcement, newest_broadcast=after.id))
    else:
        after = _evolve(layer.broadcasts.find(event.broadcast_id), event, announcement, at)
    layer.broadcasts.put(after.id, after)


def _make(event: BroadcastWritten, announcement: Announcement, at: datetime) -> Broadcast:
    return Broadcast(
        id=event.broadcast_id,
        announcement_id=announcement.id,
        text=event.text,
        to=event.to,
        at=event.at,
        before_start_min=event.before_start_min,
        due_at=find_due_time(event.at, event.before_start_min, announcement.event_time, at),
        created_at=at,
        modified_at=at,
        previous=announcement.newest_broadcast,
    )


def _evolve(
    before: Broadcast,
    event: BroadcastChanged | BroadcastCancelled | BroadcastSent,
    announcement: Announcement,
    at: datetime,
) -> Broadcast:
    match event:
        case BroadcastChanged():
            return replace(
                before,
                text=event.text,
                to=event.to,
                at=event.at,
                before_start_min=event.before_start_min,
                due_at=find_due_time(event.at, event.before_start_min, announcement.event_time, at),
                modified_at=at,
            )
        case BroadcastCancelled():
            return replace(before, state="cancelled", modified_at=at)
        case BroadcastSent():
            return replace(before, state="sent", reaches=event.reaches, sent_at=at)
