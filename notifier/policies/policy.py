"""A policy: for one type of event, what it is shown and what it asks for.

A policy sees its announcement, and its guests only if it says so (`GuestsView`). From that
follows what is loaded for it, so a policy cannot see less than it needs without failing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from contracts.values.ids import AnnouncementId, BookingId
from notifier.policies.effects import Effect, Occasion
from notifier.state import INVOLVED, KnownAnnouncement, KnownBooking, NotifierState


class AnnouncementView:
    """The announcement of an event, and the booking of an event about a booking, both as they
    are before the event."""

    def __init__(self, state: NotifierState, announcement_id: AnnouncementId) -> None:
        """Raises KeyError if the announcement was never created."""
        self.announcement: KnownAnnouncement = state.announcement(announcement_id)
        self._bookings = state.bookings(announcement_id)

    def booking(self, booking_id: BookingId) -> KnownBooking | None:
        """Return the booking before the event; None if the event is its first."""
        return self._bookings.get(booking_id)


class GuestsView(AnnouncementView):
    """The announcement with all its bookings."""

    def involved(self) -> Iterator[KnownBooking]:
        """The confirmed, the pending and the invited."""
        return (one for one in self._bookings.values() if one.pair in INVOLVED)

    def confirmed(self) -> Iterator[KnownBooking]:
        return (one for one in self._bookings.values() if one.confirmed)


E = TypeVar("E")
V = TypeVar("V", bound=AnnouncementView)


@dataclass(frozen=True)
class NoticePolicy(Generic[E, V]):
    """`effects` is pure. It is given the event, its occasion, and a view of type `shown`."""

    event_type: type[E]
    shown: type[V]
    effects: Callable[[E, Occasion, V], Iterator[Effect]]

    @property
    def needs_guests(self) -> bool:
        return issubclass(self.shown, GuestsView)


AnyPolicy = NoticePolicy[Any, Any]
