"""Applies recorded facts to the aggregates. Refuses none: each has already happened.

The same function serves the decision (on a layer that may be dropped), the replay of the
journal and the followers.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, get_args

from command_api.domain.announcement.evolution import apply_announcement_event
from command_api.domain.booking.evolution import apply_booking_event
from command_api.domain.layer import Layer
from command_api.domain.person.evolution import apply_person_event
from command_api.domain.rating.evolution import apply_rating_event
from contracts.events.announcement import AnnouncementEvent
from contracts.events.base import Event
from contracts.events.booking import BookingEvent
from contracts.events.domain_event import DomainEvent
from contracts.events.person import PersonEvent
from contracts.events.rating import RatingEvent

Evolution = Callable[[Layer, Any, datetime], None]

EVOLUTIONS: Final[Mapping[type[Event], Evolution]] = {
    AnnouncementEvent: apply_announcement_event,
    BookingEvent: apply_booking_event,
    RatingEvent: apply_rating_event,
    PersonEvent: apply_person_event,
}
"""What applies the events of each family. Decisions rest on no other family."""

_EVOLUTION_OF: Final = {
    kind: evolution
    for kind in get_args(DomainEvent)
    for family, evolution in EVOLUTIONS.items()
    if issubclass(kind, family)
}


def apply(layer: Layer, event: DomainEvent, at: datetime) -> None:
    """Writes into `layer` what `event`, decided at `at`, changed."""
    evolution = _EVOLUTION_OF.get(type(event))
    if evolution is not None:
        evolution(layer, event, at)
