"""Events of bookings: what a guest and an author have said to each other about one announcement.

As in `contracts.events`, every field is storage format. Every event states the pair
(author_status, guest_status) and the seats taken *after* it, so that no reader has to know
the rules by which the writer came to them.
"""

from typing import Literal

from contracts.event_base import Event, Instant
from contracts.ids import AnnouncementId, BookingId, PersonId

ReleaseReason = Literal["superseded", "offer_expired", "moved_clash"]


class BookingEvent(Event, frozen=True, kw_only=True):
    """What all booking events state."""

    booking_id: BookingId
    announcement_id: AnnouncementId
    guest_id: PersonId
    author_status: bool | None
    guest_status: bool | None
    taken: int
    """Seats of the announcement taken after this event: confirmed plus held."""


class BookingRequested(BookingEvent, frozen=True, kw_only=True, tag="booking.requested.v1"):
    """The guest asked to come, for the first time or again."""

    author_id: PersonId
    waiting: bool = False
    """The evening was full: the request waits in line."""
    preapproved: bool = False
    """The author had said yes before: the guest waits for a seat only."""
    message: str | None = None


class BookingInvited(BookingEvent, frozen=True, kw_only=True, tag="booking.invited.v1"):
    """The author invited the guest; with `hold_until` a seat is held as long."""

    author_id: PersonId
    hold_until: Instant | None = None


class BookingApproved(BookingEvent, frozen=True, kw_only=True, tag="booking.approved.v1"):
    """The author said yes (or took back a no) and the guest had said yes: confirmed."""

    message: str | None = None


class BookingAccepted(BookingEvent, frozen=True, kw_only=True, tag="booking.accepted.v1"):
    """The guest said yes (or took back a no) and the author had said yes: confirmed."""

    message: str | None = None


class BookingPreapproved(BookingEvent, frozen=True, kw_only=True, tag="booking.preapproved.v1"):
    """The author will take this waiting guest as soon as a seat is freed."""

    message: str | None = None


class BookingOffered(BookingEvent, frozen=True, kw_only=True, tag="booking.offered.v1"):
    """A freed seat is held for the first pre-approved guest in line."""

    hold_until: Instant


class BookingRejected(BookingEvent, frozen=True, kw_only=True, tag="booking.rejected.v1"):
    """The author said no to a request, or removed a confirmed guest."""

    reason: str | None = None
    message: str | None = None


class BookingRevoked(BookingEvent, frozen=True, kw_only=True, tag="booking.revoked.v1"):
    """The author took an invitation back."""

    reason: str | None = None
    message: str | None = None
    untold: bool = False
    """The evening was a draft: the guest had not been told, and never learns of it."""


class BookingDeclined(BookingEvent, frozen=True, kw_only=True, tag="booking.declined.v1"):
    """The guest said no to an invitation or an offer."""

    reason: str | None = None
    message: str | None = None


class BookingWithdrawn(BookingEvent, frozen=True, kw_only=True, tag="booking.withdrawn.v1"):
    """The guest took the request back."""

    reason: str | None = None
    message: str | None = None


class BookingLeft(BookingEvent, frozen=True, kw_only=True, tag="booking.left.v1"):
    """A confirmed guest gave the seat back."""

    reason: str | None = None
    message: str | None = None


class BookingReconsidered(BookingEvent, frozen=True, kw_only=True, tag="booking.reconsidered.v1"):
    """After two noes one side lifted its own; the other's stands."""


class BookingReleased(BookingEvent, frozen=True, kw_only=True, tag="booking.released.v1"):
    """The system said no on the guest's side."""

    reason: ReleaseReason
    clashes: tuple[AnnouncementId, ...] = ()


class BookingHoldLapsed(BookingEvent, frozen=True, kw_only=True, tag="booking.hold_lapsed.v1"):
    """The seat held for an invitation is free again; the invitation stands."""


class BookingHoldShortened(
    BookingEvent, frozen=True, kw_only=True, tag="booking.hold_shortened.v1"
):
    """The evening moved nearer: the seat is held until an earlier time."""

    hold_until: Instant
    offered: bool
    """A freed seat that was offered; otherwise the author held it for an invitation."""


class BookingUnsettled(BookingEvent, frozen=True, kw_only=True, tag="booking.unsettled.v1"):
    """The evening moved onto another one of the guest's, who now has to choose; again, where
    it moved once more, or the evenings to choose between are others."""

    hold_until: Instant
    clashes: tuple[AnnouncementId, ...]


class BookingResettled(BookingEvent, frozen=True, kw_only=True, tag="booking.resettled.v1"):
    """Nothing clashes any more: the guest who had to choose is confirmed again."""


class BookingUnqueued(BookingEvent, frozen=True, kw_only=True, tag="booking.unqueued.v1"):
    """The line was dissolved: the waiting request became an ordinary one."""


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
