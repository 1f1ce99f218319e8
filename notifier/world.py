"""What the notifier remembers of evenings and guests: just enough to know whom to tell.

Pure. A recorded event is a fact and is never refused; an event of an evening that was
never created raises KeyError, and the reader parks it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct, structs

from contracts.events.announcement import (
    AnnouncementCreated,
    AnnouncementEvent,
    AnyAnnouncementEvent,
    Visibility,
)
from contracts.events.announcement_fields import announcement_fields
from contracts.events.booking import BookingEvent
from contracts.events.booking_state import CONFIRMED, Pair
from contracts.events.domain_event import DomainEvent
from contracts.events.person import (
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnmuted,
)
from contracts.events.rating import RatingGiven
from contracts.values.ids import AnnouncementId, BookingId, PersonId

Status = Literal["Created", "Alive", "Closed", "Done", "Cancelled"]

INVOLVED: Final[frozenset[Pair]] = frozenset({CONFIRMED, (None, True), (True, None)})
"""Confirmed, pending and invited: whom a change of the evening concerns (A17)."""
INVITED: Final[Pair] = (True, None)


class Evening(Struct, kw_only=True):
    """An announcement as it is now. Stored as JSON."""

    announcement_id: AnnouncementId
    author_id: PersonId
    movie_title: str
    movie_title_ru: str
    title: str
    description: str
    visibility: Visibility
    is_free: bool
    ticket_count: int
    event_time: datetime
    event_location: str
    hide_location: bool = False
    status: Status = "Created"
    rated_guests: tuple[PersonId, ...] = ()
    """By the author."""

    @property
    def takes_place(self) -> bool:
        return self.status in ("Alive", "Closed")


class Participation(Struct, frozen=True):
    """A guest's booking as it is now."""

    booking_id: BookingId
    announcement_id: AnnouncementId
    guest_id: PersonId
    pair: Pair
    seated: bool
    """Confirmed, or a seat is held."""

    @property
    def confirmed(self) -> bool:
        return self.pair == CONFIRMED


class World:
    """Evenings, bookings and people: those that a run of events needs, or all of them."""

    def __init__(
        self, evenings: Iterable[Evening] = (), participations: Iterable[Participation] = ()
    ) -> None:
        self.evenings: Final = {one.announcement_id: one for one in evenings}
        self._bookings: Final[dict[AnnouncementId, dict[BookingId, Participation]]] = {}
        self.changed_evenings: Final[set[AnnouncementId]] = set()
        self.changed_bookings: Final[dict[BookingId, Participation]] = {}
        self.seen_people: Final[dict[PersonId, PersonSeen]] = {}
        self.changed_mutes: Final[dict[tuple[PersonId, PersonId], bool]] = {}
        """By person and host, whether the person has muted the host now."""
        self.changed_suspensions: Final[dict[PersonId, bool]] = {}
        for one in participations:
            self._put(one)

    def evening(self, announcement_id: AnnouncementId) -> Evening:
        """Raises KeyError for one that was never created."""
        return self.evenings[announcement_id]

    def participation(self, event: BookingEvent) -> Participation | None:
        """The booking before `event`; None where this is its first."""
        return self._bookings.get(event.announcement_id, {}).get(event.booking_id)

    def involved(self, announcement_id: AnnouncementId) -> Iterator[Participation]:
        for one in self._bookings.get(announcement_id, {}).values():
            if one.pair in INVOLVED:
                yield one

    def confirmed(self, announcement_id: AnnouncementId) -> Iterator[Participation]:
        return (one for one in self.involved(announcement_id) if one.confirmed)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case PersonSeen():
                self.seen_people[event.person_id] = event
            case PersonMuted() | PersonUnmuted():
                pair = event.person_id, event.host_id
                self.changed_mutes[pair] = isinstance(event, PersonMuted)
            case PersonSuspended() | PersonReinstated():
                suspended = isinstance(event, PersonSuspended)
                self.changed_suspensions[event.person_id] = suspended
            case AnnouncementCreated():
                self.evenings[event.announcement_id] = _created(event)
                self.changed_evenings.add(event.announcement_id)
            case BookingEvent():
                participation = _participation(event)
                self.changed_bookings[event.booking_id] = participation
                self._put(participation)
            case AnnouncementEvent():
                evening = self.evening(event.announcement_id)
                self.evenings[event.announcement_id] = changed(evening, event)
                self.changed_evenings.add(event.announcement_id)
            case RatingGiven():
                self._rated(event)
            case _:
                pass  # Whatever else happens does not change whom to tell of an evening.

    def _rated(self, event: RatingGiven) -> None:
        evening = self.evening(event.announcement_id)
        if event.rater_id == evening.author_id:
            evening.rated_guests = (*evening.rated_guests, event.ratee_id)
            self.changed_evenings.add(event.announcement_id)

    def _put(self, one: Participation) -> None:
        self._bookings.setdefault(one.announcement_id, {})[one.booking_id] = one


def changed(evening: Evening, event: AnyAnnouncementEvent) -> Evening:
    """Returns the announcement after `event`."""
    return structs.replace(evening, **_known_fields(event))


def _created(event: AnnouncementCreated) -> Evening:
    return Evening(announcement_id=event.announcement_id, **_known_fields(event))


def _known_fields(event: AnyAnnouncementEvent) -> dict[str, Any]:
    """The fields that `event` sets and an Evening has."""
    return {
        name: value
        for name, value in announcement_fields(event).items()
        if name in Evening.__struct_fields__
    }


def _participation(event: BookingEvent) -> Participation:
    pair = (event.author_status, event.guest_status)
    seated = pair == CONFIRMED or getattr(event, "hold_until", None) is not None
    return Participation(event.booking_id, event.announcement_id, event.guest_id, pair, seated)
