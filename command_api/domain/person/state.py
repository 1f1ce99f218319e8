"""The state of a person."""

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from command_api.domain.person.timetable import NOTHING, Timetable
from contracts.values.ids import (
    AnnouncementId,
    BookingId,
    FeedId,
    MovieId,
    PersonId,
    PostId,
    ReviewId,
)
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.personal import ERASED_TEXT
from contracts.values.zones import HOME_ZONE


class Invitations(Struct, frozen=True, gc=False):
    """How many invitations a person sent and received on one day."""

    day: int = 0
    """The day of UTC as an ordinal (`date.toordinal`)."""
    sent: int = 0
    received_from: tuple[PersonId, ...] = ()
    """The author of each invitation received. The rules keep it short."""


NO_INVITATIONS: Final = Invitations()


class Suspension(Struct, frozen=True, kw_only=True, gc=False):
    """Why, since when and by whom a person is shut out."""

    reason: str
    by: str | None
    since: datetime


class MutedAuthor(Struct, frozen=True, gc=False):
    """An author of whom a person wants to hear no more."""

    author_id: PersonId
    erasures: int
    """How often the author had been erased then. Whoever comes back is not muted any more."""


class Erasure(Struct, frozen=True, kw_only=True, gc=False):
    """The newest request to erase a person's data."""

    erase_at: datetime
    status: Literal["requested", "confirmed", "withdrawn"] = "requested"
    by: str | None = None
    """Name that an operator gave; None if the person asked."""

    def stands(self, now: datetime) -> bool:
        """Whether it still counts: it is confirmed, or there is time to confirm it."""
        return self.status == "confirmed" or (self.status == "requested" and now < self.erase_at)


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """A person's name, their engagements, and the newest of all they ever made.

    What they are engaged in is in the order of its times, so that it takes few steps to see
    whether they are busy, however much it is (docs/decisions/0032). A move of an announcement
    changes it.
    """

    id: PersonId
    name: str = ""
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE
    drafts: tuple[AnnouncementId, ...] = ()
    """The announcements that they have not published, nor called off."""
    hosting: Timetable[AnnouncementId] = NOTHING
    """Their announcements that take place."""
    attending: Timetable[BookingId] = NOTHING
    """Their confirmed bookings of announcements that are not over."""
    pending: Timetable[BookingId] = NOTHING
    """Their bookings that one side has yet to answer, of announcements that are not over."""
    turned_down: Timetable[BookingId] = NOTHING
    """Their requests that the author said no to and they still stand by, of announcements that
    are not over: the author alone may confirm them."""
    unsettled: tuple[BookingId, ...] = ()
    """Those of `pending` between which they have to choose, in the order of their last events."""
    newest_announcement: AnnouncementId | None = None
    """Head of the chain of all their announcements (`Announcement.previous_of_author`)."""
    newest_booking: BookingId | None = None
    """Head of the chain of all their bookings (`Booking.previous_of_guest`)."""
    newest_rating: ReviewId | None = None
    """Head of the chain of all ratings that they gave (`Rating.previous_of_rater`)."""
    newest_post: PostId | None = None
    """Head of the chain of all posts that they wrote (`Post.previous_of_writer`)."""
    newest_called_off: AnnouncementId | None = None
    """Head of the chain of the announcements of others that they called off
    (`Announcement.previous_called_off`)."""
    invitations: Invitations = NO_INVITATIONS
    """The counts of the last day on which the person sent or received an invitation."""
    muted: tuple[MutedAuthor, ...] = ()
    plans: tuple[MovieId, ...] = ()
    """The films that they have planned to see (`Layer.plan_of`)."""
    feeds: tuple[FeedId, ...] = ()
    """The calendar feeds that they made and have not revoked."""
    blocked: tuple[PersonId, ...] = ()
    """The people they want nothing to do with. An erasure of one of these changes nothing: coming
    back is no way round a block."""
    reports_made: tuple[int, int] = (0, 0)
    """The last day of UTC on which they reported anything, as an ordinal, and how often then."""
    suspension: Suspension | None = None
    erasure: Erasure | None = None
    erased: bool = False
    """Whether they were erased, and have not come back since."""
    erasures: int = 0
    """How often they were erased."""

    def has_muted(self, author: "Person") -> bool:
        return MutedAuthor(author.id, author.erasures) in self.muted

    def is_there(self, now: datetime) -> bool:
        """Whether they are neither suspended nor erased, and no erasure of theirs has begun."""
        return self.suspension is None and not self.erased and not self.is_erasing(now)

    def may_be_invited_by(self, author: "Person", now: datetime) -> bool:
        barred = self.has_muted(author) or self.is_apart_from(author)
        return self.is_there(now) and not barred

    def is_apart_from(self, other: "Person") -> bool:
        """Return whether one of the two has blocked the other.

        Then neither finds, asks, invites or writes to the other. What is confirmed between them
        stays until somebody leaves. The read side asks the same of its tables
        (`query_api.people.apart`), the notifier of its own.
        """
        return other.id in self.blocked or self.id in other.blocked

    def is_erasing(self, now: datetime) -> bool:
        """Whether the erasure of their data has begun and is not over."""
        erasure = self.erasure
        return erasure is not None and erasure.status == "confirmed" and erasure.erase_at <= now

    @property
    def is_blank(self) -> bool:
        """Whether they were erased, have not come back, and no operator has written of them
        since."""
        suspension = self.suspension
        return self.erased and (suspension is None or suspension.reason == ERASED_TEXT)

    @property
    def announcements(self) -> tuple[AnnouncementId, ...]:
        """The announcements they made that are not over: the drafts last."""
        return (*self.hosting.ids, *self.drafts)

    @property
    def bookings(self) -> tuple[BookingId, ...]:
        """Their bookings that are confirmed, or may yet be without a word from them."""
        return (*self.attending.ids, *self.pending.ids, *self.turned_down.ids)

    def is_engaged_beside(self, booking_id: BookingId | None) -> bool:
        """Return whether they host, attend or wait for anything beside this booking."""
        hosting, attending, pending = (
            self.hosting.engagements,
            self.attending.engagements,
            self.pending.engagements,
        )
        number = len(hosting) + len(attending) + len(pending)
        return number > 1 or (number == 1 and (hosting or attending or pending)[0].id != booking_id)

    def invitations_on(self, at: datetime) -> Invitations:
        """Return the counts of the day of `at`."""
        day = at.toordinal()
        return self.invitations if self.invitations.day == day else Invitations(day)

    def reports_on(self, at: datetime) -> int:
        """Return how often they reported anything on the day of `at`."""
        day, made = self.reports_made
        return made if day == at.toordinal() else 0
