"""Defines the responses of the API. Each thing has one shape, in writes and in reads.

The command API fills a response from the state that it has just decided, and the query API
from the tables. Both say the same. The brief gave field names (docs/requirements.md, R93 to
R137): fields were added, but none was changed. A rating is 0.0 with a count of 0 until
somebody has rated.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from contracts.events.announcement import AnnouncementStatus, CloseReason, Visibility
from contracts.events.broadcast import Audience, BroadcastState
from contracts.events.folding.booking_state import BookingState, ReasonBy
from contracts.events.invite_job import InviteJobState
from contracts.events.rating import RatingRole
from contracts.values.ids import (
    AnnouncementId,
    BookingId,
    BroadcastId,
    InviteJobId,
    MovieId,
    PersonId,
    PostId,
    ReviewId,
)

UNREAD_MAX: Final = 1_000
"""Only so many of the newest posts of a chat are looked at to count those that are unread."""


class GuestEntry(Struct, frozen=True):
    """One line of a guest list."""

    booking_id: BookingId
    guest_id: PersonId
    guest_name: str
    author_status: bool | None
    guest_status: bool | None
    guest_rating: float
    guest_rating_count: int
    state: BookingState


class AnnouncementResponse(Struct, frozen=True):
    """One line of a list of announcements."""

    id: AnnouncementId
    status: AnnouncementStatus
    title: str
    author_id: PersonId
    sub_only: bool
    is_free: bool
    ticket_count: int
    event_time: datetime
    event_location: str | None
    """None if the author shows the place to confirmed guests only."""
    closed_reason: CloseReason | None
    visibility: Visibility
    movie_id: MovieId
    movie_title: str
    season: int | None
    """Season and episode of a series; None for a film."""
    episode: int | None
    author_name: str
    author_rating: float
    author_rating_count: int
    tickets_left: int
    duration_min: int
    ends_at: datetime
    tz: str | None
    location_hint: str | None
    price_amount: float | None
    price_currency: str | None
    created: datetime
    my_state: BookingState | None
    """State of the caller's own booking there."""
    fits_my_plan: bool | None
    """Whether it fits the caller's plan for this film; None if there is none, in answers to writes,
    and for own announcements."""


class DetailAnnouncementResponse(AnnouncementResponse, frozen=True):
    """Everything about one announcement that this caller may see."""

    description: str
    modified: datetime
    version: int
    guest_list: Sequence[GuestEntry]
    """The author sees everybody, a confirmed guest the confirmed ones, others nobody."""
    guest_count: int | None
    """Number of confirmed guests. None if the author hides the guests from the caller."""
    hide_location: bool
    hide_guests: bool
    """Whether the author shows the guests to nobody else."""
    cancel_reason: str | None
    my_booking_id: BookingId | None
    publish_to: Sequence[str]
    """Targets to which the system publishes it. Only the author sees them."""


_RENDERED: Final = frozenset(
    [
        "id",
        "sub_only",
        "event_location",
        "movie_title",
        "author_name",
        "author_rating",
        "author_rating_count",
        "my_state",
        "fits_my_plan",
        "my_booking_id",
        "guest_list",
        "guest_count",
        "publish_to",
        "created",
        "modified",
    ]
)
"""Fields of an announcement that state and tables do not have under the same name, or that
depend on the caller. A field that some callers must not see belongs here."""


def copied_fields(response: type[AnnouncementResponse]) -> tuple[str, ...]:
    """Return the names of the fields that are copied from state or tables as they are."""
    return tuple(name for name in response.__struct_fields__ if name not in _RENDERED)


class BookingResponse(Struct, frozen=True):
    """One line of a list of bookings."""

    booking_id: BookingId
    guest_name: str
    author_status: bool | None
    guest_status: bool | None
    guest_rating: float
    announcement_id: AnnouncementId
    guest_id: PersonId
    author_id: PersonId
    guest_rating_count: int
    state: BookingState
    waitlist_position: int | None
    """1 for the first of the waitlist."""
    preapproved: bool
    event_time: datetime
    created: datetime
    modified: datetime


class Overlap(Struct, frozen=True):
    """Another announcement of the same person at an overlapping time."""

    announcement_id: AnnouncementId
    title: str
    event_time: datetime
    ends_at: datetime
    role: Literal["host", "guest"]
    state: BookingState | Literal["hosting"]
    blocking: bool
    """Whether it rules out a confirmation. Announcements that the person makes or is confirmed
    at do. Pending bookings do if the cell's rules say so."""


class DetailBookingResponse(BookingResponse, frozen=True, kw_only=True):
    """Everything about one booking. Only its two parties see it."""

    movie_title: str
    author_name: str
    author_rating: float
    author_rating_count: int
    announcement_title: str
    announcement_status: AnnouncementStatus
    hold_until: datetime | None
    """Time until which a seat is held for the guest's answer."""
    reason: str | None
    """Why the booking is in this state: text that a party typed, or a code of the system."""
    reason_by: ReasonBy | None
    """Says who gave `reason`: a person may type the same text as a code."""
    message: str | None
    overlaps: Sequence[Overlap]
    """The guest's other announcements at this time. Only the guest sees them."""


class RatingResponse(Struct, frozen=True, kw_only=True):
    """A rating that the author or a guest of an announcement gave the other."""

    review_id: ReviewId
    announcement_id: AnnouncementId
    rater_id: PersonId
    ratee_id: PersonId
    role: RatingRole
    """The role in which `ratee_id` is rated."""
    score: int
    text: str | None
    tags: Sequence[str]
    signed: bool
    """Whether the rater lets their name stand under it for everybody."""
    reply: str | None
    """The answer of the rated host."""
    replied_at: datetime | None
    revealed: bool
    """Whether it is shown to the rated person, counts, and no longer changes."""
    retracted: bool
    sealed_until: datetime
    """Time at which the rating is revealed at the latest."""
    created: datetime
    modified: datetime


class PostResponse(Struct, frozen=True, kw_only=True):
    """A post in the chat of an announcement."""

    post_id: PostId
    announcement_id: AnnouncementId
    author_id: PersonId
    """The writer."""
    author_name: str
    text: str | None
    """None once it is deleted."""
    created: datetime
    modified: datetime
    deleted: bool
    position: int
    """Position at which it was written, which is its place in the chat."""


class UnreadResponse(Struct, frozen=True):
    """How many posts of a chat the caller has yet to read."""

    unread: int
    """Posts by others that are not deleted, among the newest UNREAD_MAX of the chat."""


class BroadcastResponse(Struct, frozen=True, kw_only=True):
    """What the author of an announcement wrote to its guests, or is going to."""

    broadcast_id: BroadcastId
    announcement_id: AnnouncementId
    text: str
    to: Sequence[Audience]
    """It goes to guests whose bookings are in one of these states when it goes. `invited` are
    also those to whom a seat is offered."""
    at: datetime | None
    before_start_min: int | None
    """So many minutes before the start, also if that moves."""
    state: BroadcastState
    due_at: datetime | None
    """When it will go; None unless it is planned."""
    sent_at: datetime | None
    reaches: int | None
    """The number of guests whom it reached. While it is planned: whom it would reach now. None if
    it was cancelled."""
    created: datetime
    modified: datetime


class Alternative(Struct, frozen=True):
    """Another open announcement of the same film."""

    announcement_id: AnnouncementId
    title: str
    event_time: datetime
    ends_at: datetime
    tickets_left: int


class EligibilityResponse(Struct, frozen=True, kw_only=True):
    """The outcome that a request for a seat by the caller would have now."""

    would_be_taken: bool
    would_wait: bool
    """Whether the announcement is full, so that the request would go on the waitlist."""
    code: str | None
    """Code of the rule that would refuse the request."""
    detail: str | None
    facts: dict[str, Any]
    overlaps: Sequence[Overlap]
    """The caller's other announcements at that time. A `blocking` one is why the request would
    be refused."""
    alternatives: Sequence[Alternative]
    """Soonest first; none if the request would be taken."""


class InviteJobResponse(Struct, frozen=True, kw_only=True):
    """How far the inviting of all followers of an author is."""

    job_id: InviteJobId
    announcement_id: AnnouncementId
    state: InviteJobState
    invited: int
    already_invited: int
    refused: int
    """Followers who cannot be invited: among others, they muted the author or said no too often."""
    left_over: int
    """Followers who were not invited because the author may invite no more today."""
    created: datetime
    modified: datetime


RenewalPhase = Literal["none", "copying", "switching", "done", "failed"]


class RenewalResponse(Struct, frozen=True, kw_only=True):
    """How far a renewal of the journal is, as the leader knows."""

    generation: int
    """Number of the journal in use. A renewal that is done has raised it."""
    phase: RenewalPhase
    position: int
    """The copy has all records up to here,"""
    of: int
    """of so many."""
    without_writes_s: float | None
    """How long writes waited at the last switch that this process has seen."""
    problem: str | None
    """Why the last renewal failed."""
