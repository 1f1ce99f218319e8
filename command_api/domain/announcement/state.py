"""The state of an announcement."""

from datetime import datetime, timedelta

from command_api.domain.announcement.terms import AnnouncementTerms
from contracts.events.announcement import CloseReason
from contracts.representations import AnnouncementStatus
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId


class Announcement(AnnouncementTerms, frozen=True, kw_only=True, gc=False):
    """A film evening. Seats are counted here; who sits on them is in the bookings."""

    id: AnnouncementId
    author_id: PersonId
    movie_id: MovieId
    movie_title: str
    movie_title_ru: str
    duration_min: int
    version: int
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
    def tickets_left(self) -> int:
        return self.ticket_count - self.taken

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
