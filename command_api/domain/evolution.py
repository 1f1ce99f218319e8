"""Applying recorded facts to the aggregates. Never refuses one: it has already happened.

`apply` writes the new values into a layer. The same function serves the decision (on a
layer that may be dropped), the replay of the journal and the followers.
"""

from datetime import datetime

from command_api.domain.announcement.evolution import (
    create_announcement,
    evolve_announcement,
    find_announced,
)
from command_api.domain.booking.evolution import apply_booking_event
from command_api.domain.layer import Layer
from command_api.domain.person.evolution import evolve_person
from command_api.domain.rating.evolution import apply_rating
from contracts.events.announcement import AnnouncementCreated, AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.events.domain_event import DomainEvent
from contracts.events.person import PersonEvent
from contracts.events.rating import RatingEvent


def apply(layer: Layer, event: DomainEvent, at: datetime) -> None:
    """Write into `layer` what `event`, decided at `at`, changed."""
    match event:
        case BookingEvent():
            apply_booking_event(layer, event, at)
        case RatingEvent():
            apply_rating(layer, event, at)
        case AnnouncementCreated():
            create_announcement(layer, event, at)
        case PersonEvent():
            layer.people.put(
                event.person_id, evolve_person(layer.person(event.person_id), event, at)
            )
        case AnnouncementEvent():
            announcement = find_announced(layer, event.announcement_id)
            layer.announcements.put(announcement.id, evolve_announcement(announcement, event, at))
        case _:  # Of no family that decisions rest on.
            pass
