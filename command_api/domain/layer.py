"""The layers that hold the live aggregates, one shelf for each collection.

Aggregates are small immutable values. A command writes new ones into a layer of its own, on
top of what was there. So deciding leaves no trace; a decided command is one small layer to
keep or to drop, and an accepted one is absorbed by the layer below.

Aggregates hold text, numbers and tuples of text only, so they can be in no reference cycle.
`gc=False` keeps them out of the garbage collector's way: walking millions of them caused the
whole latency tail of our prototype (docs/architecture.md §7).
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, Final, Protocol, cast

from msgspec import Struct

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.broadcast.state import Broadcast
from command_api.domain.invite_job.state import InviteJob
from command_api.domain.invite_link.state import InviteLink
from command_api.domain.person.state import Person
from command_api.domain.plan.state import FilmPlan, FreeTimes
from command_api.domain.post.state import Post
from command_api.domain.rating.state import UNVOTED, Rating, Standing
from command_api.domain.report.state import FiledReport
from command_api.domain.shelf import Shelf
from contracts.events.rating import RatingRole
from contracts.values.ids import (
    AnnouncementId,
    BookingId,
    BroadcastId,
    InviteJobId,
    InviteLinkId,
    MovieId,
    PersonId,
    PostId,
    ReportId,
    ReviewId,
    SubjectId,
)


class Table(Protocol):
    """Point reads of one collection: a dict, or a table of a store on disk."""

    def get(self, key: Any, /) -> Any | None:
        """Return the value of `key`, or None if there is none."""
        ...


NEVER_SAID: Final = FreeTimes()

_BEFORE: Final = attrgetter("previous")
_BEFORE_OF_FILM: Final = attrgetter("previous_of_film")
_BEFORE_OF_AUTHOR: Final = attrgetter("previous_of_author")
_BEFORE_CALLED_OFF: Final = attrgetter("previous_called_off")
_BEFORE_OF_GUEST: Final = attrgetter("previous_of_guest")
_BEFORE_OF_RATER: Final = attrgetter("previous_of_rater")
_BEFORE_OF_WRITER: Final = attrgetter("previous_of_writer")


class Layer(Struct, eq=False, gc=False):
    """A set of aggregates, on top of those of another layer. Make one with `Layer.on`."""

    shelves: tuple[Shelf[Any, Any], ...]
    """The shelves of all collections, for work that is the same on each."""
    announcements: Shelf[AnnouncementId, Announcement]
    bookings: Shelf[BookingId, Booking]
    booking_ids: Shelf[tuple[AnnouncementId, PersonId], BookingId]
    """By announcement and guest."""
    people: Shelf[PersonId, Person]
    newest_of_film: Shelf[MovieId, AnnouncementId]
    ratings: Shelf[ReviewId, Rating]
    rating_ids: Shelf[tuple[AnnouncementId, PersonId, PersonId], ReviewId]
    """By announcement, rater and ratee."""
    standings: Shelf[tuple[PersonId, RatingRole], Standing]
    posts: Shelf[PostId, Post]
    newest_of_chat: Shelf[AnnouncementId, PostId]
    read_marks: Shelf[tuple[AnnouncementId, PersonId], int]
    """Up to which position a person has read a chat."""
    plans: Shelf[tuple[PersonId, MovieId], FilmPlan]
    """Also those that were given up: `Person.plans` has the others."""
    free_times: Shelf[PersonId, FreeTimes]
    invite_links: Shelf[InviteLinkId, InviteLink]
    invite_jobs: Shelf[InviteJobId, InviteJob]
    running_jobs: Shelf[str, tuple[InviteJobId, ...]]
    """The jobs that are not over, under one key."""
    broadcasts: Shelf[BroadcastId, Broadcast]
    reports: Shelf[ReportId, FiledReport]
    report_ids: Shelf[tuple[PersonId, SubjectId], ReportId]
    """The newest by reporter and what is reported."""

    def person(self, person_id: PersonId) -> Person:
        """Return what is known of a person: only the id of one who was never seen."""
        return self.people.get(person_id) or Person(id=person_id)

    def are_apart(self, one: PersonId, other: PersonId) -> bool:
        """Return whether one of two people has blocked the other (`Person.is_apart_from`)."""
        return self.person(one).is_apart_from(self.person(other))

    def report_of(self, reporter_id: PersonId, subject_id: SubjectId) -> FiledReport | None:
        """Return the newest report of a person about a text or a person."""
        report_id = self.report_ids.get((reporter_id, subject_id))
        return None if report_id is None else self.reports.get(report_id)

    def booking_of(self, announcement_id: AnnouncementId, guest_id: PersonId) -> Booking | None:
        booking_id = self.booking_ids.get((announcement_id, guest_id))
        return None if booking_id is None else self.bookings.get(booking_id)

    def is_confirmed(self, announcement_id: AnnouncementId, guest_id: PersonId) -> bool:
        """Return whether a person is a confirmed guest of an announcement."""
        booking = self.booking_of(announcement_id, guest_id)
        return booking is not None and booking.confirmed

    # The chains below raise LookupError if a link is missing: then the layer is damaged.

    def bookings_of(self, announcement: Announcement) -> Iterator[Booking]:
        """Yield all bookings of an announcement, newest first."""
        return self.bookings.walk(announcement.newest_booking, _BEFORE)

    def broadcasts_of(self, announcement: Announcement) -> Iterator[Broadcast]:
        """Yield all broadcasts of an announcement, newest first."""
        return self.broadcasts.walk(announcement.newest_broadcast, _BEFORE)

    def announcements_for(self, movie_id: MovieId) -> Iterator[Announcement]:
        """Yield all announcements for a film, newest first."""
        return self.announcements.walk(self.newest_of_film.get(movie_id), _BEFORE_OF_FILM)

    def announcements_by(self, person: Person) -> Iterator[Announcement]:
        """Yield all announcements that a person made, newest first."""
        return self.announcements.walk(person.newest_announcement, _BEFORE_OF_AUTHOR)

    def announcements_called_off_by(self, person: Person) -> Iterator[Announcement]:
        """Yield the announcements of others that a person called off, newest first."""
        return self.announcements.walk(person.newest_called_off, _BEFORE_CALLED_OFF)

    def bookings_by(self, person: Person) -> Iterator[Booking]:
        """Yield all bookings of which a person is the guest, newest first."""
        return self.bookings.walk(person.newest_booking, _BEFORE_OF_GUEST)

    def ratings_by(self, person: Person) -> Iterator[Rating]:
        """Yield all ratings that a person gave, newest first."""
        return self.ratings.walk(person.newest_rating, _BEFORE_OF_RATER)

    def posts_of(self, announcement_id: AnnouncementId) -> Iterator[Post]:
        """Yield all posts of a chat, newest first."""
        return self.posts.walk(self.newest_of_chat.get(announcement_id), _BEFORE)

    def posts_by(self, person: Person) -> Iterator[Post]:
        """Yield all posts that a person wrote, newest first."""
        return self.posts.walk(person.newest_post, _BEFORE_OF_WRITER)

    def read_mark(self, announcement_id: AnnouncementId, reader_id: PersonId) -> int:
        """Return the position up to which a person has read a chat, 0 if they have read nothing."""
        return self.read_marks.get((announcement_id, reader_id)) or 0

    def rating_of(
        self, announcement_id: AnnouncementId, rater_id: PersonId, ratee_id: PersonId
    ) -> Rating | None:
        review_id = self.rating_ids.get((announcement_id, rater_id, ratee_id))
        return None if review_id is None else self.ratings.get(review_id)

    @property
    def size(self) -> int:
        """The number of values in this layer, without those below."""
        return sum(len(shelf.own) for shelf in self.shelves)

    def standing(self, person_id: PersonId, role: RatingRole) -> Standing:
        """Return how a person is rated in a role: without votes if nobody has rated them."""
        return self.standings.get((person_id, role)) or UNVOTED

    def plan_of(self, person_id: PersonId, movie_id: MovieId) -> FilmPlan | None:
        """Return a person's plan for a film; None if the person has none, or no longer."""
        planned = movie_id in self.person(person_id).plans
        return self.plans.get((person_id, movie_id)) if planned else None

    def free_times_of(self, person_id: PersonId) -> FreeTimes:
        """Return when a person is free: without times if they have not said it."""
        return self.free_times.get(person_id) or NEVER_SAID

    @classmethod
    def on(cls, below: "Layer") -> "Layer":
        """Return an empty layer that shows what is below it."""
        shelves = tuple(map(Shelf, below.shelves))
        return cls(shelves, *shelves)

    @classmethod
    def on_tables(cls, tables: Iterable[Table]) -> "Layer":
        """Return the lowest layer, which reads from one table for each of `COLLECTIONS`.

        It can take values over only if the tables are dicts.
        """
        shelves = tuple(Shelf(None, cast(dict[Any, Any], table)) for table in tables)
        return cls(shelves, *shelves)

    @classmethod
    def empty(cls) -> "Layer":
        """Return a lowest layer in memory."""
        return cls.on_tables({} for _ in COLLECTIONS)

    def absorb(self, above: "Layer") -> None:
        """Take over the values of a layer above."""
        for shelf, other in zip(self.shelves, above.shelves):  # noqa: B905 - checking is slow
            if other.own:
                shelf.own.update(other.own)

    def forget(self, settled: "Layer") -> None:
        """Drop the values of `settled`, which the layer below has absorbed by now, unless
        newer ones have replaced them here."""
        for shelf, other in zip(self.shelves, settled.shelves):  # noqa: B905 - checking is slow
            if other.own:
                shelf.forget(other)

    def clear(self) -> None:
        """Drop all values of this layer."""
        for shelf in self.shelves:
            if shelf.own:
                shelf.own.clear()


COLLECTIONS: Final = Layer.__struct_fields__[1:]
"""The names of the collections, in the order of `Layer.shelves`."""
