"""The live aggregates: small immutable values, and the layers that hold them.

A value never changes; a command writes new ones into a layer of its own on top of what
was there (`Layer`). So deciding leaves no trace, a decided command is one small layer to
keep or to drop, and an accepted one is absorbed by the layer below.

Values hold text, numbers and tuples of text only. They can be in no reference cycle, so
they are kept out of the garbage collector's way (`gc=False`): walking millions of them
was the whole latency tail of our prototype (docs/architecture.md §7).
"""

from collections.abc import Iterator
from typing import TypeVar

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.person.state import Person
from command_api.domain.rating.state import Rating, Standing
from contracts.ids import AnnouncementId, BookingId, MovieId, PersonId, ReviewId
from contracts.rating_events import RatingRole

K = TypeVar("K")


V = TypeVar("V")


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
