"""Tells who would be told of a command that is only tried, as far as its caller may know.

The rule is that of the notifier (`contracts.recipients`). A caller learns that they themselves
would be told; an author also who would be told about their announcement, and a guest that the
other side of their booking would. Whether somebody has switched such notices off is not known
here.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from command_api.domain.announcement.state import Announcement
from command_api.domain.broadcast.decisions import list_addressed
from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from contracts.events.announcement import AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.events.broadcast import BroadcastEvent, BroadcastSent
from contracts.events.stored.domain_event import DomainEvent
from contracts.notices import Kind
from contracts.recipients import (
    Together,
    Told,
    list_told_of_announcement,
    list_told_of_booking,
)
from contracts.values.ids import AnnouncementId, PersonId


class WouldTell(Struct, frozen=True):
    """A notice that would be planned."""

    user_id: PersonId | None
    """None for everybody who follows the author."""
    name: str | None
    kind: Kind
    what: str | None
    """The change of the booking that would be told."""
    announcement_id: AnnouncementId


class ToldHere(NamedTuple):
    """Somebody who is told of an event, and the announcement that it is about."""

    told: Told
    event: DomainEvent
    announcement: Announcement


def list_would_tell(
    layer: Layer, events: Sequence[DomainEvent], now: datetime, actor: PersonId
) -> list[WouldTell]:
    """Return who would be told of the events of a command of `actor`, decided on `layer`, as far
    as the actor may know. Each is named once for each announcement, kind and occasion."""
    then = Layer.on(layer)
    found = (one for one in list_told(then, events, now, actor) if _may_know(one, actor))
    return list(dict.fromkeys(_describe(then, one) for one in found))


def list_told(
    layer: Layer, events: Sequence[DomainEvent], now: datetime, actor: PersonId
) -> Iterator[ToldHere]:
    """Yield everybody who is told of these events. Applies each to `layer`."""
    for place, event in enumerate(events):
        if isinstance(event, AnnouncementEvent | BookingEvent | BroadcastEvent):
            announcement = layer.announcements.get(event.announcement_id)
            if announcement is not None:
                for told in _list_told(layer, event, Together(events, place), announcement):
                    yield ToldHere(told, event, announcement)
        apply(layer, event, now, actor)


def add_would_tell(body: bytes, told: Sequence[WouldTell]) -> bytes:
    """Return the answer to a trial, an object in JSON, with `would_tell` beside its fields."""
    fields = msgspec.json.decode(body, type=dict[str, Raw])
    return msgspec.json.encode(fields | {"would_tell": Raw(msgspec.json.encode(told))})


def _list_told(
    layer: Layer,
    event: AnnouncementEvent | BookingEvent | BroadcastEvent,
    together: Together,
    announcement: Announcement,
) -> Iterator[Told]:
    match event:
        case BookingEvent():
            before = layer.bookings.get(event.booking_id)
            had_seat = before is not None and (before.confirmed or before.hold_until is not None)
            yield from list_told_of_booking(event, together, announcement, had_seat=had_seat)
        case AnnouncementEvent():
            bookings = layer.bookings_of(announcement)
            yield from list_told_of_announcement(event, together, announcement, bookings)
        case BroadcastSent():
            broadcast = layer.broadcasts.find(event.broadcast_id)
            for booking in list_addressed(layer, broadcast):
                yield Told("host_message", booking.guest_id)
        case _:
            pass


def _may_know(here: ToldHere, actor: PersonId) -> bool:
    if actor in (here.told.recipient, here.announcement.author_id):
        return True
    return isinstance(here.event, BookingEvent) and here.event.guest_id == actor


def _describe(layer: Layer, here: ToldHere) -> WouldTell:
    told = here.told
    name = None if told.recipient is None else layer.person(told.recipient).name
    return WouldTell(told.recipient, name, told.kind, told.what, here.announcement.id)
