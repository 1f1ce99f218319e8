"""Events of bookings: what a guest and an author said to each other about an announcement.

Every field is storage format (`contracts.events.stored.base`). Every event states the pair
(author_status, guest_status) and the seats taken *after* it, so that readers need not know
the rules of the write side.
"""

from typing import Literal

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.personal import WordsOfActor
from contracts.values.times import Instant

ReleaseReason = Literal["superseded", "offer_expired", "moved_clash"]


class BookingEvent(Event, frozen=True, kw_only=True):
    """The family of a booking's events."""

    booking_id: BookingId
    announcement_id: AnnouncementId
    guest_id: PersonId
    author_status: bool | None
    guest_status: bool | None
    taken: int
    """Seats of the announcement taken after this event: confirmed plus held."""


class BookingRequested(BookingEvent, frozen=True, kw_only=True, tag="booking.requested.v1"):
    """The guest asked for a seat, for the first time or again."""

    author_id: PersonId
    waiting: bool = False
    """The announcement was full: the request is on the waitlist."""
    preapproved: bool = False
    """The author had already said yes: the guest only waits for a seat."""
    message: WordsOfActor | None = None


class BookingInvited(BookingEvent, frozen=True, kw_only=True, tag="booking.invited.v1"):
    """The author invited the guest. With `hold_until`, a seat is held until then."""

    author_id: PersonId
    hold_until: Instant | None = None


class BookingApproved(BookingEvent, frozen=True, kw_only=True, tag="booking.approved.v1"):
    """The author said yes, or took back a no, to a guest who had said yes: confirmed."""

    message: WordsOfActor | None = None


class BookingAccepted(BookingEvent, frozen=True, kw_only=True, tag="booking.accepted.v1"):
    """The guest said yes, or took back a no, to an author who had said yes: confirmed."""

    message: WordsOfActor | None = None


class BookingPreapproved(BookingEvent, frozen=True, kw_only=True, tag="booking.preapproved.v1"):
    """The author will take this guest of the waitlist as soon as a seat is free."""

    message: WordsOfActor | None = None


class BookingOffered(BookingEvent, frozen=True, kw_only=True, tag="booking.offered.v1"):
    """A seat became free and is held for the first pre-approved guest of the waitlist."""

    hold_until: Instant


class BookingRejected(BookingEvent, frozen=True, kw_only=True, tag="booking.rejected.v1"):
    """The author said no to a request, or removed a confirmed guest."""

    reason: WordsOfActor | None = None
    message: WordsOfActor | None = None


class BookingRevoked(BookingEvent, frozen=True, kw_only=True, tag="booking.revoked.v1"):
    """The author took an invitation back."""

    reason: WordsOfActor | None = None
    message: WordsOfActor | None = None
    untold: bool = False
    """The announcement was a draft: the guest had not been told, and never is."""


class BookingDeclined(BookingEvent, frozen=True, kw_only=True, tag="booking.declined.v1"):
    """The guest said no to an invitation or an offer."""

    reason: WordsOfActor | None = None
    message: WordsOfActor | None = None


class BookingWithdrawn(BookingEvent, frozen=True, kw_only=True, tag="booking.withdrawn.v1"):
    """The guest took the request back."""

    reason: WordsOfActor | None = None
    message: WordsOfActor | None = None


class BookingLeft(BookingEvent, frozen=True, kw_only=True, tag="booking.left.v1"):
    """A confirmed guest gave up the seat."""

    reason: WordsOfActor | None = None
    message: WordsOfActor | None = None


class BookingReconsidered(BookingEvent, frozen=True, kw_only=True, tag="booking.reconsidered.v1"):
    """Both had said no, and one side took its no back. The other's stands."""


class BookingReleased(BookingEvent, frozen=True, kw_only=True, tag="booking.released.v1"):
    """The system said no for the guest."""

    reason: ReleaseReason
    clashes: tuple[AnnouncementId, ...] = ()


class BookingHoldLapsed(BookingEvent, frozen=True, kw_only=True, tag="booking.hold_lapsed.v1"):
    """The seat held for an invitation is free again; the invitation stands."""


class BookingHoldShortened(
    BookingEvent, frozen=True, kw_only=True, tag="booking.hold_shortened.v1"
):
    """The announcement was moved to an earlier time, so the seat is held for less long."""

    hold_until: Instant
    offered: bool
    """Whether the seat was offered from the waitlist. Otherwise it came with an invitation."""


class BookingUnsettled(BookingEvent, frozen=True, kw_only=True, tag="booking.unsettled.v1"):
    """The announcement was moved and now overlaps another one of the guest, who has to choose.

    Recorded again if it is moved once more, or if it overlaps other ones than before.
    """

    hold_until: Instant
    clashes: tuple[AnnouncementId, ...]


class BookingResettled(BookingEvent, frozen=True, kw_only=True, tag="booking.resettled.v1"):
    """Nothing overlaps any more: the guest who had to choose is confirmed again."""


class BookingUnqueued(BookingEvent, frozen=True, kw_only=True, tag="booking.unqueued.v1"):
    """The waitlist was dissolved: the request became an ordinary one."""


AnyBookingEvent = (
    BookingRequested
    | BookingInvited
    | BookingApproved
    | BookingAccepted
    | BookingPreapproved
    | BookingOffered
    | BookingRejected
    | BookingRevoked
    | BookingDeclined
    | BookingWithdrawn
    | BookingLeft
    | BookingReconsidered
    | BookingReleased
    | BookingHoldLapsed
    | BookingHoldShortened
    | BookingUnsettled
    | BookingResettled
    | BookingUnqueued
)
