"""A decision in the making: events recorded so far, and the aggregates as they then are."""

from datetime import datetime

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from command_api.domain.person.state import Person
from command_api.domain.rules import Rules
from contracts.errors import NotFound
from contracts.events.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, BookingId, PersonId


class Recorder:
    """Records events and applies each at once, so that the next step of the same decision
    sees what the steps before it did. Nothing below the recorder's own layer is touched."""

    def __init__(self, layer: Layer, now: datetime, rules: Rules) -> None:
        self.layer = Layer.on(layer)
        self.events: list[DomainEvent] = []
        self.now = now
        self.rules = rules

    def record(self, event: DomainEvent) -> None:
        self.events.append(event)
        apply(self.layer, event, self.now)

    def announcement(self, announcement_id: AnnouncementId) -> Announcement:
        """Raises NotFound."""
        announcement = self.layer.announcements.get(announcement_id)
        if announcement is None:
            raise NotFound
        return announcement

    def booking(self, booking_id: BookingId) -> Booking:
        """Raises NotFound."""
        booking = self.layer.bookings.get(booking_id)
        if booking is None:
            raise NotFound
        return booking

    def person(self, person_id: PersonId) -> Person:
        return self.layer.person(person_id)
