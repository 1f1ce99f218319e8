"""A decision in the making: the events recorded so far, and the state after them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer
from command_api.domain.person.state import Person
from command_api.domain.rules import Rules
from contracts.errors import NotFound
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, BookingId, PersonId


class Recorder:
    """Records the events of one command and applies each at once, so that the next step of
    the decision sees what the steps before it did. The layer below stays untouched."""

    def __init__(
        self,
        layer: Layer,
        apply: Callable[[Layer, DomainEvent, datetime, PersonId], None],
        now: datetime,
        rules: Rules,
        *,
        actor: PersonId,
        position: int,
        is_super: bool = False,
    ) -> None:
        self.layer = Layer.on(layer)
        self._apply = apply
        self.events: list[DomainEvent] = []
        self.now = now
        self.rules = rules
        self.actor = actor
        """The person who gives the command."""
        self.position = position
        """The position that the record of this decision will have in the journal."""
        self.is_super = is_super

    def record(self, event: DomainEvent) -> None:
        self.events.append(event)
        self._apply(self.layer, event, self.now, self.actor)

    def announcement(self, announcement_id: AnnouncementId) -> Announcement:
        """Return the announcement as it is now. Raises NotFound if there is none."""
        announcement = self.layer.announcements.get(announcement_id)
        if announcement is None:
            raise NotFound
        return announcement

    def booking(self, booking_id: BookingId) -> Booking:
        """Return the booking as it is now. Raises NotFound if there is none."""
        booking = self.layer.bookings.get(booking_id)
        if booking is None:
            raise NotFound
        return booking

    def person(self, person_id: PersonId) -> Person:
        """Return the person as they are now: never raises (`Layer.person`)."""
        return self.layer.person(person_id)


Command = TypeVar("Command", bound=Struct)
Handler = Callable[[Recorder, Any], Outcome]
"""Decides one kind of command. Raises CommandRefused if a rule says no."""
Handlers = tuple[tuple[type[Struct], Handler], ...]
"""Each command of a noun, with the function that decides it."""


def pair_handler(
    kind: type[Command], handler: Callable[[Recorder, Command], Outcome]
) -> tuple[type[Struct], Handler]:
    """Return a command with the function that decides it; mypy checks that they fit."""
    return kind, handler
