"""Domain events, exactly as stored inside a Commit.

Every field is storage format. Adding an optional field is safe. Renaming, retyping or
removing one is not: give the event a `.v2` name and an upcaster instead
(`contracts.event_codec`). Names are written by hand, so that renaming a class cannot
orphan history. Instants are UTC with millisecond precision; the time of an event is the
`decided_at` of its Commit.

A booking event states the pair (author_status, guest_status) and the seats taken *after*
it, so that no reader has to know the rules by which the writer came to them.
"""

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from contracts.event_base import Event, Instant
from contracts.ids import AnnouncementId, BookingId, MovieId, PersonId
from contracts.person_events import AnyPersonEvent
from contracts.rating_events import AnyRatingEvent

Visibility = Literal["public", "subscribers", "invite"]
CloseReason = Literal["full", "manual", "cutoff"]
ReopenReason = Literal["manual", "seat_freed"]
CancelledBy = Literal["author", "operator", "system"]
ReleaseReason = Literal["superseded", "offer_expired", "moved_clash"]


class AnnouncementEvent(Event, frozen=True, kw_only=True):
    """What all events of announcements state."""

    announcement_id: AnnouncementId


class AnnouncementCreated(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.created.v1"
):
    """A draft exists (status Created). Film facts are a snapshot of Movie_API's answer."""

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
    event_time: Instant
    event_location: str
    version: int = 1
    price_amount: float | None = None
    price_currency: str | None = None
    tz: str | None = None
    hide_location: bool = False
    location_hint: str | None = None


class AnnouncementPublished(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.published.v1"
):
    """The draft became Alive: open to requests."""

    version: int


class AnnouncementChanged(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.changed.v1"
):
    """The author changed some fields; an absent field was not changed."""

    version: int
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    is_free: bool | UnsetType = UNSET
    price_amount: float | UnsetType | None = UNSET
    price_currency: str | UnsetType | None = UNSET
    ticket_count: int | UnsetType = UNSET
    event_time: Instant | UnsetType = UNSET
    tz: str | UnsetType | None = UNSET
    event_location: str | UnsetType = UNSET
    hide_location: bool | UnsetType = UNSET
    location_hint: str | UnsetType | None = UNSET


CHANGEABLE_FIELDS: Final = tuple(
    name
    for name in AnnouncementChanged.__struct_fields__
    if name not in ("announcement_id", "version")
)


class AnnouncementClosed(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.closed.v1"
):
    """No new requests: all seats taken, the author's wish, or the film has begun."""

    version: int
    reason: CloseReason


class AnnouncementReopened(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.reopened.v1"
):
    """Alive again."""

    version: int
    reason: ReopenReason


class AnnouncementCancelled(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.cancelled.v1"
):
    """The evening will not happen; its bookings stay as they are, for ever."""

    version: int
    by: CancelledBy
    reason: str | None = None


class AnnouncementDone(AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.done.v1"):
    """The evening is over: `event_time` plus the film's duration has passed."""

    version: int


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


AnyAnnouncementEvent = (
    AnnouncementCreated
    | AnnouncementPublished
    | AnnouncementChanged
    | AnnouncementClosed
    | AnnouncementReopened
    | AnnouncementCancelled
    | AnnouncementDone
)

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

DomainEvent = AnyPersonEvent | AnyAnnouncementEvent | AnyBookingEvent | AnyRatingEvent
"""Each family has a base class. Whoever tells events apart names the families, and does
nothing for one that is not named: a new family is told to nobody until somebody decides so."""
