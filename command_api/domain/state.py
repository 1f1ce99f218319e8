"""The live aggregates: small immutable values, and the layers that hold them.

A value never changes; a command writes new ones into a layer of its own on top of what
was there (`Layer`). So deciding leaves no trace, a decided command is one small layer to
keep or to drop, and an accepted one is absorbed by the layer below.

Values hold text, numbers and tuples of text only. They can be in no reference cycle, so
they are kept out of the garbage collector's way (`gc=False`): walking millions of them
was the whole latency tail of our prototype (docs/architecture.md §7).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

from msgspec import Struct

from command_api.domain.rating_state import Rating, Standing
from contracts.announcement_events import CloseReason, Visibility
from contracts.booking_state import CONFIRMED, BookingState, Pair, ReasonBy, booking_state
from contracts.ids import AnnouncementId, BookingId, MovieId, PersonId, ReviewId
from contracts.rating_events import RatingRole
from contracts.representations import AnnouncementStatus

K = TypeVar("K")
V = TypeVar("V")

HeldFor = Literal["invitation", "offer", "move"]


class Announcement(Struct, frozen=True, kw_only=True, gc=False):
    """A film evening. Seats are counted here; who sits on them is in the bookings."""

    id: AnnouncementId
    author_id: PersonId
    movie_id: MovieId
    movie_title: str
    movie_title_ru: str
    duration_min: int
    title: str
    description: str
    visibility: Visibility
    is_free: bool
    ticket_count: int
    event_time: datetime
    event_location: str
    version: int
    price_amount: float | None
    price_currency: str | None
    tz: str | None
    hide_location: bool
    location_hint: str | None
    created_at: datetime
    modified_at: datetime
    status: AnnouncementStatus = "Created"
    closed_reason: CloseReason | None = None
    cancel_reason: str | None = None
    confirmed: int = 0
    held: int = 0
    waiting: tuple[BookingId, ...] = ()
    """The line of requests made while full, first come first."""
    newest_booking: BookingId | None = None
    """Head of the chain through `Booking.previous`: the announcement's bookings."""
    previous_of_film: AnnouncementId | None = None
    """The announcement before this one for the same film."""

    @property
    def taken(self) -> int:
        return self.confirmed + self.held

    @property
    def ends_at(self) -> datetime:
        return self.event_time + timedelta(minutes=self.duration_min)

    @property
    def takes_place(self) -> bool:
        """Published, and neither over nor cancelled: it makes people busy."""
        return self.status in ("Alive", "Closed")

    def is_over(self, now: datetime) -> bool:
        """Done or called off; or the film has ended, and the system has yet to say so."""
        return self.status in ("Done", "Cancelled") or now >= self.ends_at

    @property
    def is_full(self) -> bool:
        return self.status == "Closed" and self.closed_reason == "full"


class Booking(Struct, frozen=True, kw_only=True, gc=False):
    """What one guest and one author have said about one evening. One for each pair, ever."""

    id: BookingId
    announcement_id: AnnouncementId
    author_id: PersonId
    guest_id: PersonId
    created_at: datetime
    modified_at: datetime
    previous: BookingId | None
    author_status: bool | None = None
    guest_status: bool | None = None
    waiting: bool = False
    preapproved: bool = False
    held_for: HeldFor | None = None
    hold_until: datetime | None = None
    clashes: tuple[AnnouncementId, ...] = ()
    """Evenings between which and this one the guest has to choose, if `held_for` is `move`."""
    requests: int = 0
    """How often the guest has asked to come."""
    invited_again: bool = False
    """Whether the author has asked again after the guest's own no; allowed once."""
    author_noes: int = 0
    """How often the author has said no, and the guest was told."""
    guest_noes: int = 0
    untold: bool = False
    """The invitation was taken back in a draft: the guest never learns of it."""
    reason: str | None = None
    reason_by: ReasonBy | None = None
    message: str | None = None

    @property
    def pair(self) -> Pair:
        return (self.author_status, self.guest_status)

    @property
    def confirmed(self) -> bool:
        return self.pair == CONFIRMED

    @property
    def pending(self) -> bool:
        return self.pair in ((None, True), (True, None))

    @property
    def unsettled(self) -> bool:
        """Confirmed until a move made it clash: the guest has to choose."""
        return self.held_for == "move"

    @property
    def state(self) -> BookingState:
        offered = self.held_for in ("offer", "move")
        return booking_state(self.pair, waiting=self.waiting, offered=offered)


class Invitations(Struct, frozen=True, gc=False):
    """Numbers of invitations that a person sent and got on one day of UTC (its ordinal)."""

    day: int = 0
    sent: int = 0
    received_from: tuple[PersonId, ...] = ()
    """Each host as often as they invited; few, as long as the rules are."""


NO_INVITATIONS: Final = Invitations()


class Suspension(Struct, frozen=True, kw_only=True, gc=False):
    """Why, since when and by whom a person is shut out."""

    reason: str
    by: str | None
    since: datetime


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """A person's name and engagements. Their times are looked up at the evening itself,
    so a moved evening needs no repair here."""

    id: PersonId
    name: str = ""
    language: str = "ru"
    tz: str = "Europe/Moscow"
    hosting: tuple[AnnouncementId, ...] = ()
    attending: tuple[BookingId, ...] = ()
    pending: tuple[BookingId, ...] = ()
    invitations: Invitations = NO_INVITATIONS
    """Counts of the last day on which the person sent or got one."""
    muted: tuple[PersonId, ...] = ()
    """Hosts of whom the person wants to hear no more."""
    suspension: Suspension | None = None

    def may_be_invited_by(self, host_id: PersonId) -> bool:
        return self.suspension is None and host_id not in self.muted

    def invitations_on(self, at: datetime) -> Invitations:
        """Those of the day of `at`."""
        day = at.toordinal()
        return self.invitations if self.invitations.day == day else Invitations(day)


class Layer:
    """A set of aggregates, on top of another one whose values it hides where both have some."""

    __slots__ = (
        "_below",
        "announcements",
        "bookings",
        "films",
        "pairs",
        "people",
        "ratings",
        "reviews",
        "standings",
    )

    def __init__(self, below: "Layer | None" = None) -> None:
        self._below = below
        self.announcements: dict[AnnouncementId, Announcement] = {}
        self.bookings: dict[BookingId, Booking] = {}
        self.pairs: dict[tuple[AnnouncementId, PersonId], BookingId] = {}
        self.people: dict[PersonId, Person] = {}
        self.films: dict[MovieId, AnnouncementId] = {}
        """The newest announcement of each film."""
        self.ratings: dict[ReviewId, Rating] = {}
        self.reviews: dict[tuple[AnnouncementId, PersonId, PersonId], ReviewId] = {}
        """By evening, rater and ratee."""
        self.standings: dict[tuple[PersonId, RatingRole], Standing] = {}

    def announcement(self, announcement_id: AnnouncementId) -> Announcement | None:
        layer: Layer | None = self
        while layer is not None:
            if found := layer.announcements.get(announcement_id):
                return found
            layer = layer._below
        return None

    def booking(self, booking_id: BookingId) -> Booking | None:
        layer: Layer | None = self
        while layer is not None:
            if found := layer.bookings.get(booking_id):
                return found
            layer = layer._below
        return None

    def booking_of(self, announcement_id: AnnouncementId, guest_id: PersonId) -> Booking | None:
        pair = (announcement_id, guest_id)
        layer: Layer | None = self
        while layer is not None:
            if found := layer.pairs.get(pair):
                return self.booking(found)
            layer = layer._below
        return None

    def person(self, person_id: PersonId) -> Person:
        """What is known of a person: for a stranger nothing but the id."""
        layer: Layer | None = self
        while layer is not None:
            if found := layer.people.get(person_id):
                return found
            layer = layer._below
        return Person(id=person_id)

    def bookings_of(self, announcement: Announcement) -> Iterator[Booking]:
        """All bookings of an announcement, newest first."""
        booking_id = announcement.newest_booking
        while booking_id is not None:
            booking = self.booking(booking_id)
            if booking is None:
                raise LookupError(f"booking {booking_id} is missing from its chain")
            yield booking
            booking_id = booking.previous

    def newest_of_film(self, movie_id: MovieId) -> AnnouncementId | None:
        layer: Layer | None = self
        while layer is not None:
            if found := layer.films.get(movie_id):
                return found
            layer = layer._below
        return None

    def announcements_for(self, movie_id: MovieId) -> Iterator[Announcement]:
        """All announcements for a film, newest first."""
        announcement_id = self.newest_of_film(movie_id)
        while announcement_id is not None:
            announcement = self.announcement(announcement_id)
            if announcement is None:
                raise LookupError(f"announcement {announcement_id} is missing from its chain")
            yield announcement
            announcement_id = announcement.previous_of_film

    def rating(self, review_id: ReviewId) -> Rating | None:
        layer: Layer | None = self
        while layer is not None:
            if found := layer.ratings.get(review_id):
                return found
            layer = layer._below
        return None

    def review_of(
        self, announcement_id: AnnouncementId, rater_id: PersonId, ratee_id: PersonId
    ) -> Rating | None:
        triple = (announcement_id, rater_id, ratee_id)
        layer: Layer | None = self
        while layer is not None:
            if found := layer.reviews.get(triple):
                return self.rating(found)
            layer = layer._below
        return None

    def standing(self, person_id: PersonId, role: RatingRole) -> Standing:
        """How a person is rated in a role: without votes where nobody rated."""
        layer: Layer | None = self
        while layer is not None:
            if found := layer.standings.get((person_id, role)):
                return found
            layer = layer._below
        return Standing()

    def absorb(self, above: "Layer") -> None:
        """Take over the values of a layer above."""
        self.announcements.update(above.announcements)
        self.bookings.update(above.bookings)
        self.pairs.update(above.pairs)
        self.people.update(above.people)
        self.films.update(above.films)
        self.ratings.update(above.ratings)
        self.reviews.update(above.reviews)
        self.standings.update(above.standings)

    def forget(self, settled: "Layer") -> None:
        """Drop the values of `settled`, which the layer below has absorbed by now, unless a
        newer one has replaced them here."""
        _drop_same(self.announcements, settled.announcements)
        _drop_same(self.bookings, settled.bookings)
        _drop_same(self.pairs, settled.pairs)
        _drop_same(self.people, settled.people)
        _drop_same(self.films, settled.films)
        _drop_same(self.ratings, settled.ratings)
        _drop_same(self.reviews, settled.reviews)
        _drop_same(self.standings, settled.standings)

    def clear(self) -> None:
        self.announcements.clear()
        self.bookings.clear()
        self.pairs.clear()
        self.people.clear()
        self.films.clear()
        self.ratings.clear()
        self.reviews.clear()
        self.standings.clear()


def _drop_same(mine: dict[K, V], theirs: dict[K, V]) -> None:
    for key, value in theirs.items():
        if mine.get(key) is value:
            del mine[key]
