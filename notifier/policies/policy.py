"""Defines a policy: for events of one type, what it is shown and what it asks for.

A policy is shown the announcement, and the guests only if it asks for a `GuestsView`; a policy
about a person is shown a `PersonView`. The same choice decides what is loaded, so a policy never
takes missing bookings for absent ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from contracts.events.announcement import AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.events.broadcast import Audience, BroadcastEvent, is_addressed
from contracts.events.person import PersonEvent
from contracts.events.post import PostEvent
from contracts.events.rating import RatingEvent
from contracts.events.report import ReportEvent
from contracts.recipients import Told, list_told_of_announcement
from contracts.values.ids import BookingId, PersonId
from notifier.policies.effects import Effect, Occasion
from notifier.state import KnownAnnouncement, KnownBooking, NotifierState

AboutAnnouncement = AnnouncementEvent | BookingEvent | RatingEvent | PostEvent | BroadcastEvent


class AnnouncementView:
    """An event's announcement and, if the event is about a booking, that booking, both as they
    are before the event."""

    def __init__(self, state: NotifierState, event: AboutAnnouncement) -> None:
        """Raises KeyError if the announcement was never created."""
        self.announcement: KnownAnnouncement = state.announcement(event.announcement_id)
        self._bookings = state.bookings(event.announcement_id)

    def booking(self, booking_id: BookingId) -> KnownBooking | None:
        """Return the booking as it is before the event; None if the event begins it."""
        return self._bookings.get(booking_id)


class GuestsView(AnnouncementView):
    """The announcement with all its bookings."""

    def list_told(
        self, event: AnnouncementEvent, occasion: Occasion
    ) -> Iterator[tuple[Told, KnownBooking | None]]:
        """Yield who is told of the event, each with their own booking before it."""
        bookings = {one.guest_id: one for one in self._bookings.values()}
        for told in list_told_of_announcement(
            event, occasion.beside, self.announcement, bookings.values()
        ):
            yield told, None if told.recipient is None else bookings.get(told.recipient)

    def confirmed(self) -> Iterator[KnownBooking]:
        return (one for one in self._bookings.values() if one.confirmed)

    def addressed(self, to: tuple[Audience, ...]) -> Iterator[KnownBooking]:
        """Yield the bookings whose guests a broadcast to these reaches."""
        return (one for one in self._bookings.values() if is_addressed(one.state, to))

    def unanswered(self) -> Iterator[KnownBooking]:
        """Yield the bookings of those who ask or stand in line."""
        return (one for one in self._bookings.values() if one.unanswered)


class ChatView(GuestsView):
    """The announcement with all its bookings, and who has been told of new posts in its chat."""

    def __init__(self, state: NotifierState, event: PostEvent) -> None:
        super().__init__(state, event)
        self._untold = state.untold_members(event.announcement_id)

    def untold_members(self) -> Iterator[PersonId]:
        """Yield the author and the confirmed guests, without those who have been told of new
        posts and have not read on since."""
        return iter(self._untold)


class PersonView:
    """The person whom an event is about, as they are before the event."""

    def __init__(self, state: NotifierState, event: PersonEvent) -> None:
        self.erase_at = state.erase_at(event.person_id)
        """When the person's data is to be erased; None if nobody asked for that."""


class NoView:
    """Nothing: the event says all that the policy needs."""

    def __init__(self, _state: NotifierState, _event: ReportEvent) -> None:
        pass


E = TypeVar("E")
V = TypeVar("V", bound=AnnouncementView | PersonView | NoView)


@dataclass(frozen=True)
class NoticePolicy(Generic[E, V]):
    """A rule that says whom to tell what about events of `event_type`.

    `effects` is pure. It is called with the event, its occasion, and a view of type `shown`.
    """

    event_type: type[E]
    shown: type[V]
    effects: Callable[[E, Occasion, V], Iterator[Effect]]

    @property
    def needs_guests(self) -> bool:
        return issubclass(self.shown, GuestsView)


AnyPolicy = NoticePolicy[Any, Any]
