"""Defines what the proof of the rules knows of one announcement.

Whatever outlives an announcement is in its own state, so that one lookup finds everything, and
states that are not needed can leave memory.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct, field

from contracts.values.ids import AnnouncementId, BookingId, PersonId, ReviewId


class Occupancy(Struct, gc=False):
    """The seats and the time of one announcement."""

    author_id: PersonId
    starts_at: datetime
    duration: timedelta
    ticket_count: int
    taken: int = 0
    takes_place: bool = False
    """Published, and neither over nor cancelled."""
    over_capacity: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.duration

    def overlaps(self, other: "Occupancy") -> bool:
        """Return whether both run at some time. One may begin when the other ends."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class AnnouncementState(Struct):
    """Everything that events have said of one announcement, as far as a rule needs it."""

    occupancy: Occupancy | None = None
    """None if the announcement was never created."""
    seated: dict[BookingId, bool] = field(default_factory=dict)
    """Bookings that take a seat: True if confirmed, False if the seat is held."""
    guests: set[PersonId] = field(default_factory=set)
    """The confirmed guests, or those at the end if the announcement is over."""
    over: bool = False
    """Its time has passed: it may be rated."""
    given: dict[PersonId, dict[PersonId, ReviewId]] = field(default_factory=dict)
    """Ratings by rater, then by ratee."""
    sealed: set[ReviewId] = field(default_factory=set)
    retracted: set[ReviewId] = field(default_factory=set)


FindState = Callable[[AnnouncementId], AnnouncementState]
"""Returns the state of an announcement to read and to change, an empty one if there is none."""


class StatesInMemory(dict[AnnouncementId, AnnouncementState]):
    """Keeps all states in memory."""

    def find(self, announcement_id: AnnouncementId) -> AnnouncementState:
        """Implements FindState."""
        if (state := self.get(announcement_id)) is None:
            state = self[announcement_id] = AnnouncementState()
        return state
