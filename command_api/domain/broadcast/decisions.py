"""Decides the commands about broadcasts: write, change, cancel, and send one whose time has come.

A broadcast is planned until it is sent or cancelled, and only then may it be changed. It is
recorded as sent once, so nobody gets it twice, whichever process leads.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import UNSET

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_own
from command_api.domain.booking.state import Booking
from command_api.domain.broadcast.commands import (
    BroadcastDue,
    CancelBroadcast,
    ChangeBroadcast,
    WriteBroadcast,
)
from command_api.domain.broadcast.state import Broadcast, find_due_time
from command_api.domain.layer import Layer
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Malformed, NotFound
from contracts.events.broadcast import (
    BroadcastCancelled,
    BroadcastChanged,
    BroadcastSent,
    BroadcastWritten,
    is_addressed,
)
from contracts.journal.records import Outcome
from contracts.values.ids import BroadcastId


def write_broadcast(recorder: Recorder, command: WriteBroadcast) -> Outcome:
    """Write to the guests for the author: at once, or planned for a time."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    _refuse_unless_it_takes_place(announcement, recorder.now)
    limit = recorder.rules.broadcasts_max
    if sum(1 for _ in recorder.layer.broadcasts_of(announcement)) >= limit:
        raise CommandRefused("too_many_broadcasts", {"limit": limit})
    goes_at_once = command.at is None and command.before_start_min is None
    if not goes_at_once:
        _demand_time(announcement, command.at, command.before_start_min, recorder.now)
    recorder.record(
        BroadcastWritten(
            announcement_id=announcement.id,
            broadcast_id=command.broadcast_id,
            author_id=announcement.author_id,
            text=command.text,
            to=command.to,
            at=command.at,
            before_start_min=command.before_start_min,
        )
    )
    if goes_at_once:
        _send(recorder, command.broadcast_id)
    return _outcome_of("broadcast_written", announcement, command.broadcast_id, created=True)


def change_broadcast(recorder: Recorder, command: ChangeBroadcast) -> Outcome:
    """Change a planned broadcast. What is already so adds nothing."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    broadcast = _find_planned(recorder, announcement, command.broadcast_id)
    at, before_start_min = broadcast.at, broadcast.before_start_min
    if command.at is not UNSET or command.before_start_min is not UNSET:
        at = None if command.at is UNSET else command.at
        before_start_min = None if command.before_start_min is UNSET else command.before_start_min
        _demand_time(announcement, at, before_start_min, recorder.now)
    event = BroadcastChanged(
        announcement_id=announcement.id,
        broadcast_id=broadcast.id,
        text=broadcast.text if command.text is UNSET else command.text,
        to=broadcast.to if command.to is UNSET else command.to,
        at=at,
        before_start_min=before_start_min,
    )
    if any(
        getattr(event, name) != getattr(broadcast, name)
        for name in ("text", "to", "at", "before_start_min")
    ):
        recorder.record(event)
    code = "broadcast_changed" if recorder.events else "unchanged"
    return _outcome_of(code, announcement, broadcast.id)


def cancel_broadcast(recorder: Recorder, command: CancelBroadcast) -> Outcome:
    """Cancel a planned broadcast. Repeating it adds nothing."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    broadcast = _find_broadcast(recorder, announcement, command.broadcast_id)
    if broadcast.state != "cancelled":
        _find_planned(recorder, announcement, broadcast.id)
        recorder.record(
            BroadcastCancelled(
                announcement_id=announcement.id, broadcast_id=broadcast.id, by="author"
            )
        )
    return _outcome_of("broadcast_cancelled", announcement, broadcast.id)


def send_when_due(recorder: Recorder, command: BroadcastDue) -> Outcome:
    """Send a planned broadcast whose time has come; cancel it if its author is suspended. Adds
    nothing if it is too early, or was sent or cancelled."""
    broadcast = recorder.layer.broadcasts.get(command.broadcast_id)
    if broadcast is None or not broadcast.planned or broadcast.due_at > recorder.now:
        return Outcome("unchanged")
    announcement = recorder.announcement(broadcast.announcement_id)
    author_is_out = recorder.person(announcement.author_id).suspension is not None
    if author_is_out or not announcement.takes_place:
        recorder.record(
            BroadcastCancelled(
                announcement_id=announcement.id, broadcast_id=broadcast.id, by="system"
            )
        )
    else:
        _send(recorder, broadcast.id)
    return Outcome("deadline_passed", announcement_id=announcement.id)


def count_reached(layer: Layer, broadcast: Broadcast) -> int:
    """Return how many guests a broadcast reached, or would reach now."""
    if broadcast.reaches is not None:
        return broadcast.reaches
    return sum(1 for _ in list_addressed(layer, broadcast))


def list_addressed(layer: Layer, broadcast: Broadcast) -> Iterator[Booking]:
    """Yield the bookings whose guests a broadcast would reach now, newest first."""
    announcement = layer.announcements.find(broadcast.announcement_id)
    for booking in layer.bookings_of(announcement):
        if is_addressed(booking.state, broadcast.to):
            yield booking


BROADCAST_HANDLERS: Final[Handlers] = (
    pair_handler(WriteBroadcast, write_broadcast),
    pair_handler(ChangeBroadcast, change_broadcast),
    pair_handler(CancelBroadcast, cancel_broadcast),
    pair_handler(BroadcastDue, send_when_due),
)


def _find_broadcast(
    recorder: Recorder, announcement: Announcement, broadcast_id: BroadcastId
) -> Broadcast:
    broadcast = recorder.layer.broadcasts.get(broadcast_id)
    if broadcast is None or broadcast.announcement_id != announcement.id:
        raise NotFound
    return broadcast


def _find_planned(
    recorder: Recorder, announcement: Announcement, broadcast_id: BroadcastId
) -> Broadcast:
    """Return a broadcast that may still be changed. Raises NotFound and CommandRefused."""
    broadcast = _find_broadcast(recorder, announcement, broadcast_id)
    if not broadcast.planned:
        raise CommandRefused("broadcast_not_planned", {"state": broadcast.state})
    return broadcast


def _refuse_unless_it_takes_place(announcement: Announcement, now: datetime) -> None:
    if not announcement.takes_place or announcement.is_over(now):
        facts = {"announcement_status": announcement.status}
        raise CommandRefused("broadcast_not_possible", facts)


def _demand_time(
    announcement: Announcement, at: datetime | None, before_start_min: int | None, now: datetime
) -> None:
    """Raises Malformed unless a broadcast can go then: from now until the film is over."""
    due_at = find_due_time(at, before_start_min, announcement.event_time, now)
    if not now < due_at <= announcement.ends_at:
        field = "at" if before_start_min is None else "before_start_min"
        raise Malformed.of_field(field, "broadcast_out_of_range")


def _send(recorder: Recorder, broadcast_id: BroadcastId) -> None:
    broadcast = recorder.layer.broadcasts.find(broadcast_id)
    recorder.record(
        BroadcastSent(
            announcement_id=broadcast.announcement_id,
            broadcast_id=broadcast.id,
            reaches=count_reached(recorder.layer, broadcast),
        )
    )


def _outcome_of(
    code: str, announcement: Announcement, broadcast_id: BroadcastId, *, created: bool = False
) -> Outcome:
    return Outcome(
        code,
        created=created,
        announcement_id=announcement.id,
        facts={"broadcast_id": broadcast_id},
    )
