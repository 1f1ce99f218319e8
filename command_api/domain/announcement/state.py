"""The state of an announcement."""

from datetime import datetime, timedelta
from typing import Final

from command_api.domain.announcement.terms import AnnouncementTerms
from contracts.events.announcement import ONGOING_STATUSES, AnnouncementStatus, CloseReason
from contracts.values.ids import (
    AnnouncementId,
    BookingId,
    BroadcastId,
    InviteLinkId,
    MovieId,
    PersonId,
)

MINUTE: Final = timedelta(minutes=1)


class Announcement(AnnouncementTerms, frozen=True, kw_only=True, gc=False):
    """An announcement. It knows how many seats are taken; the bookings say by whom."""

    id: AnnouncementId
    author_id: PersonId
    movie_id: MovieId
    movie_title: str
    movie_title_ru: str
    duration_min: int
    season: int | None = None
    episode: int | None = None
    version: int
    created_at: datetime
    modified_at: datetime
    status: AnnouncementStatus = "Created"
    closed_reason: CloseReason | None = None
    cancel_reason: str | None = None
    called_off_by: PersonId | None = None
    """The one who gave `cancel_reason`, if any: the author, a super-user, or the system."""
    confirmed: int = 0
    held: int = 0
    waitlist: tuple[BookingId, ...] = ()
    """The requests made while it is full, first come first."""
    invite_links: tuple[InviteLinkId, ...] = ()
    """All links that were ever made to it, oldest first. The rules keep it short."""
    newest_booking: BookingId | None = None
    """Head of the chain of its bookings, which goes on through `Booking.previous`."""
    newest_broadcast: BroadcastId | None = None
    """Head of the chain of its broadcasts, which goes on through `Broadcast.previous`."""
    previous_of_film: AnnouncementId | None = None
    """The announcement made before this one for the same film."""
    previous_of_author: AnnouncementId | None = None
    """The announcement that the author made before this one."""
    previous_called_off: AnnouncementId | None = None
    """The one that `called_off_by`, unless the author, had called off before this one."""

    @property
    def taken(self) -> int:
        """The number of seats that are confirmed or held."""
        return self.confirmed + self.held

    @property
    def tickets_left(self) -> int:
        return self.ticket_count - self.taken

    @property
    def ends_at(self) -> datetime:
        return self.event_time + self.duration_min * MINUTE

    @property
    def takes_place(self) -> bool:
        """Whether it is published, not over and not cancelled, and so makes people busy."""
        return self.status in ONGOING_STATUSES

    @property
    def has_ended(self) -> bool:
        """Whether it is recorded as over or as cancelled."""
        return self.status in ("Done", "Cancelled")

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended, or its time has passed and the system has yet to record it."""
        return self.has_ended or now >= self.ends_at

    @property
    def is_full(self) -> bool:
        """Whether it is closed because every seat is taken."""
        return self.status == "Closed" and self.closed_reason == "full"
