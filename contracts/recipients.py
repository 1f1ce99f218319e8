"""Says who is told of an event, and by which kind of notice. Pure.

The notifier plans its notices by this. The leader answers by it what a trial (`dry_run`) would
tell. Rights and wishes at the moment of sending are the notifier's business, and so is what
comes at a time of its own, such as reminders and digests of chats.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from contracts.events.announcement import (
    ONGOING_STATUSES,
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementEvent,
    AnnouncementPublished,
    AnnouncementReopened,
    AnnouncementStatus,
    Visibility,
)
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingEvent,
    BookingHoldLapsed,
    BookingHoldShortened,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingRejected,
    BookingReleased,
    BookingRequested,
    BookingResettled,
    BookingRevoked,
    BookingUnqueued,
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events.folding.announcement_fields import changed_fields
from contracts.events.folding.booking_state import CONFIRMED, Pair
from contracts.events.person import PersonBlocked
from contracts.events.stored.domain_event import DomainEvent
from contracts.notices import Kind
from contracts.values.ids import PersonId

INVOLVED: Final[frozenset[Pair]] = frozenset({CONFIRMED, (None, True), (True, None)})
"""Confirmed, pending and invited: the guests whom a change of the announcement concerns (A17)."""
INVITED: Final[Pair] = (True, None)
REQUESTED: Final[Pair] = (None, True)
"""The guest asks, or stands in line, and has had no answer."""

TOLD_FIELDS: Final = (
    "title",
    "description",
    "event_time",
    "event_location",
    "location_hint",
    "is_free",
    "price_amount",
    "price_currency",
    "ticket_count",
    "visibility",
)
"""Fields of an announcement whose changes people are told of (A22)."""

BY_PARTY: Final[dict[type[BookingEvent], tuple[Kind, str]]] = {
    BookingRequested: ("booking_new", "requested"),
    BookingInvited: ("booking_new", "invited"),
    BookingApproved: ("booking_status", "approved"),
    BookingAccepted: ("booking_status", "accepted"),
    BookingRejected: ("booking_status", "rejected"),
    BookingRevoked: ("booking_status", "revoked"),
    BookingDeclined: ("booking_status", "declined"),
    BookingWithdrawn: ("booking_status", "withdrawn"),
    BookingLeft: ("booking_status", "left"),
}
"""Events of what the guest or the author does: the other side is told, and whoever did it gets a
receipt."""

QUEUED: Final = "queued"
"""A request on the waitlist that the author has already approved."""

SEAT_REVOKED: Final = "seat_revoked"
"""The author took back a seat that was held: one offered from the waitlist, or an invitation's."""

BY_SYSTEM: Final[dict[type[BookingEvent], str]] = {
    BookingReleased: "released",
    BookingOffered: "offered",
    BookingHoldLapsed: "hold_lapsed",
    BookingHoldShortened: "hold_shortened",
    BookingUnsettled: "unsettled",
    BookingResettled: "resettled",
}
"""Events of what the system does: the guest is told, and the author if a taken seat was freed."""

SEAT_MAY_BE_LOST: Final = (BookingReleased, BookingHoldLapsed)
"""Changes by the system after which a guest who had a seat has none."""

SEAT_FREED: Final = "seat_freed"
"""Those who waited are ordinary requests now, and the author has to choose."""


class Told(NamedTuple):
    """Somebody who is told of an event."""

    kind: Kind
    recipient: PersonId | None
    """None for everybody who follows the author."""
    what: str | None = None
    """The change of the booking that is told."""
    by_party: bool = False
    """Whether the guest or the author did it, and not the system."""

    @property
    def person_id(self) -> PersonId:
        """The recipient, where it cannot be everybody who follows the author."""
        assert self.recipient is not None
        return self.recipient


class Together(NamedTuple):
    """All events of one command, and the place of one of them."""

    events: Sequence[DomainEvent]
    place: int


class AnnouncementBefore(Protocol):
    """An announcement before an event."""

    @property
    def author_id(self) -> PersonId: ...
    @property
    def status(self) -> AnnouncementStatus: ...
    @property
    def visibility(self) -> Visibility: ...


class GuestBefore(Protocol):
    """The booking of a guest of the announcement before an event."""

    @property
    def guest_id(self) -> PersonId: ...
    @property
    def pair(self) -> Pair: ...


def list_told_of_booking(
    event: BookingEvent, together: Together, announcement: AnnouncementBefore, *, had_seat: bool
) -> Iterator[Told]:
    """Yield who is told of a change of a booking. Nobody is if nothing changes for them yet, as
    when a request is approved in advance or a no is taken back, or if a block ended what was
    open. `had_seat` is whether a seat was taken by the guest before."""
    author_id = announcement.author_id
    if announcement.status == "Created" or _is_ended_by_block(event, together, author_id):
        return
    if isinstance(event, BookingRequested) and _is_confirmed_at_once(event, together):
        return
    if type(event) in BY_PARTY:
        kind, what = BY_PARTY[type(event)]
        if isinstance(event, BookingRequested) and event.preapproved:
            what = QUEUED
        elif isinstance(event, BookingRevoked) and had_seat:
            what = SEAT_REVOKED
        for recipient in (author_id, event.guest_id):
            yield Told(kind, recipient, what, by_party=True)
    elif type(event) in BY_SYSTEM:
        seat_lost = isinstance(event, SEAT_MAY_BE_LOST) and had_seat
        for recipient in (event.guest_id, *((author_id,) if seat_lost else ())):
            yield Told("booking_status", recipient, BY_SYSTEM[type(event)])
    elif isinstance(event, BookingUnqueued) and _is_first_after_freed_seat(event, together):
        yield Told("booking_status", author_id, SEAT_FREED)


def list_told_of_announcement(
    event: AnnouncementEvent,
    together: Together,
    announcement: AnnouncementBefore,
    guests: Iterable[GuestBefore],
) -> Iterator[Told]:
    """Yield who is told of a change of an announcement. `guests` are those before the event."""
    takes_place = announcement.status in ONGOING_STATUSES
    match event:
        case AnnouncementPublished():
            before = [one.guest_id for one in guests if one.pair == INVITED]
            along = [
                one.guest_id
                for one in together.events
                if isinstance(one, BookingInvited) and one.announcement_id == event.announcement_id
            ]
            for guest_id in dict.fromkeys([*before, *along]):
                yield Told("announce_new", guest_id)
            if announcement.visibility != "invite":
                yield Told("announce_new", None)
        case AnnouncementChanged() if takes_place and event.notify and told_changes(event):
            yield from _concerned("announce_put", announcement, guests)
        case AnnouncementClosed(reason="manual"):
            for one in guests:
                if one.pair == REQUESTED:
                    yield Told("booking_unanswered", one.guest_id, "closed")
        case AnnouncementCancelled() if takes_place:
            yield from _concerned("announce_delete", announcement, guests)
        case _:
            pass


def told_changes(event: AnnouncementChanged) -> frozenset[str]:
    """Return the changed fields of which people are told."""
    return frozenset(changed_fields(event)).intersection(TOLD_FIELDS)


def _concerned(
    kind: Kind, announcement: AnnouncementBefore, guests: Iterable[GuestBefore]
) -> Iterator[Told]:
    """Yield the author, then the confirmed, the pending and the invited."""
    yield Told(kind, announcement.author_id)
    for one in guests:
        if one.pair in INVOLVED:
            yield Told(kind, one.guest_id)


def _is_confirmed_at_once(event: BookingRequested, together: Together) -> bool:
    """Return whether the same command confirms the request, as an invite link that waives approval
    does. Then both sides are told of that alone."""
    return any(
        isinstance(later, BookingAccepted) and later.booking_id == event.booking_id
        for later in together.events[together.place :]
    )


def _is_ended_by_block(event: BookingEvent, together: Together, author_id: PersonId) -> bool:
    """Return whether the event is the no that a block says to what is open between two people.
    Others whom it concerns, such as those who get the seat, are told as ever."""
    sides = {event.guest_id, author_id}
    return any(
        isinstance(other, PersonBlocked) and sides == {other.person_id, other.blocked_id}
        for other in together.events
    )


def _is_first_after_freed_seat(event: BookingUnqueued, together: Together) -> bool:
    """Return whether this is the first of the bookings that leave the waitlist because a seat
    was freed. The author now has to choose, and is told once for all of them."""
    before = together.events[together.place - 1] if together.place else None
    return (
        isinstance(before, AnnouncementReopened)
        and before.reason == "seat_freed"
        and before.announcement_id == event.announcement_id
    )
