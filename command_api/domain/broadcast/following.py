"""Lets broadcasts follow their announcement: they move with its start, and end with it."""

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.broadcast.state import find_due_time
from command_api.domain.layer import Layer
from command_api.domain.recorder import Recorder
from contracts.events.broadcast import BroadcastCancelled


def move_broadcasts(layer: Layer, announcement: Announcement) -> None:
    """Set the time anew of planned broadcasts that go so long before the start."""
    for one in list(layer.broadcasts_of(announcement)):
        if one.moves_with_start:
            due_at = find_due_time(
                None, one.before_start_min, announcement.event_time, one.modified_at
            )
            layer.broadcasts.put(one.id, replace(one, due_at=due_at))


def cancel_planned_broadcasts(recorder: Recorder, announcement: Announcement) -> None:
    """Record that broadcasts that wait for their time will not go: the announcement ends."""
    for one in list(recorder.layer.broadcasts_of(announcement)):
        if one.planned:
            recorder.record(
                BroadcastCancelled(
                    announcement_id=announcement.id, broadcast_id=one.id, by="system"
                )
            )
