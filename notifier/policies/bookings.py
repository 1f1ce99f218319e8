"""Decides whom to tell when the guest, the author or the system changes a booking (§3.3, A19)."""

from collections.abc import Iterator
from typing import Final

from contracts.events.announcement import AnnouncementReopened
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
from contracts.events.booking_fields import reason_by
from contracts.events.booking_state import CONFIRMED
from contracts.events.person import PersonBlocked
from contracts.notices import Kind
from notifier.kinds import CHAT_DIGEST, REMINDERS, UNANSWERED
from notifier.policies.effects import Effect, Occasion, Tell, Withdraw
from notifier.policies.facts import NoticeFacts, add_words, announcement_facts
from notifier.policies.policy import AnnouncementView, NoticePolicy
from notifier.policies.reminders import remind, tell_at_start
from notifier.rights import ANSWERED
from notifier.state import REQUESTED, KnownAnnouncement

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

BY_SYSTEM: Final[dict[type[BookingEvent], str]] = {
    BookingReleased: "released",
    BookingOffered: "offered",
    BookingHoldLapsed: "hold_lapsed",
    BookingHoldShortened: "hold_shortened",
    BookingUnsettled: "unsettled",
    BookingResettled: "resettled",
}
"""Events of what the system does: the guest is told, and the author if a taken seat was freed."""

FOR_COMERS: Final = (*REMINDERS, CHAT_DIGEST)
"""Kinds of notices that are for confirmed guests alone."""

SEAT_MAY_BE_LOST: Final = (BookingReleased, BookingHoldLapsed)
"""Changes by the system after which a guest who had a seat has none."""


def tell_booking_change(
    event: BookingEvent, occasion: Occasion, view: AnnouncementView
) -> Iterator[Effect]:
    """Tell both sides, and plan or withdraw the guest's reminders. Nobody is told if nothing
    changes for them yet, as when a request is approved in advance or a no is taken back. Nor
    is anybody told that a block ended a request or an invitation."""
    if view.announcement.status != "Created" and not _is_ended_by_block(event, occasion, view):
        yield from _tell(event, occasion, view)
    yield from _change_reminders(event, view)


def _tell(event: BookingEvent, occasion: Occasion, view: AnnouncementView) -> Iterator[Effect]:
    author_id = view.announcement.author_id
    if isinstance(event, BookingRequested) and _is_confirmed_at_once(event, occasion):
        return
    if type(event) in BY_PARTY:
        kind, what = BY_PARTY[type(event)]
        if isinstance(event, BookingRequested) and event.preapproved:
            what = QUEUED
        for recipient in (author_id, event.guest_id):
            yield Tell(
                kind=kind,
                recipient=recipient,
                announcement_id=event.announcement_id,
                facts=add_words(_booking_facts(event, view.announcement, what), occasion.actor),
                booking_id=event.booking_id,
                receipt=recipient == occasion.actor,
            )
    elif type(event) in BY_SYSTEM:
        facts = _booking_facts(event, view.announcement, BY_SYSTEM[type(event)])
        before = view.booking(event.booking_id)
        seat_lost = isinstance(event, SEAT_MAY_BE_LOST) and before is not None and before.seated
        for recipient in (event.guest_id, *((author_id,) if seat_lost else ())):
            yield Tell("booking_status", recipient, event.announcement_id, facts, event.booking_id)
    elif isinstance(event, BookingUnqueued) and _is_first_after_freed_seat(event, occasion):
        facts = announcement_facts(view.announcement) | {"what": "seat_freed"}
        yield Tell("booking_status", author_id, event.announcement_id, facts)


def _is_confirmed_at_once(event: BookingRequested, occasion: Occasion) -> bool:
    """Return whether the same command confirms the request, as an invite link that waives approval
    does. Then both sides are told of that alone."""
    return any(
        isinstance(later, BookingAccepted) and later.booking_id == event.booking_id
        for later in occasion.together[occasion.place :]
    )


def _is_ended_by_block(event: BookingEvent, occasion: Occasion, view: AnnouncementView) -> bool:
    """Return whether the event is the no that a block says to what is open between two people.
    Others whom it concerns, such as those who get the seat, are told as ever."""
    sides = {event.guest_id, view.announcement.author_id}
    return any(
        isinstance(other, PersonBlocked) and sides == {other.person_id, other.blocked_id}
        for other in occasion.together
    )


def _is_first_after_freed_seat(event: BookingUnqueued, occasion: Occasion) -> bool:
    """Return whether this is the first of the bookings that leave the waitlist because a seat
    was freed. The author now has to choose, and is told once for all of them."""
    before = occasion.together[occasion.place - 1] if occasion.place else None
    return (
        isinstance(before, AnnouncementReopened)
        and before.reason == "seat_freed"
        and before.announcement_id == event.announcement_id
    )


def _booking_facts(event: BookingEvent, announcement: KnownAnnouncement, what: str) -> NoticeFacts:
    """Return the facts of a change of a booking, without empty ones. A reason is in `reason` if a
    person typed it, and in `system_reason` if it is a code of ours."""
    hold_until = getattr(event, "hold_until", None)
    reason = "system_reason" if reason_by(event) == "system" else "reason"
    facts = announcement_facts(announcement) | {
        "what": what,
        "guest_id": event.guest_id,
        reason: getattr(event, "reason", None),
        "message": getattr(event, "message", None),
        "waiting": getattr(event, "waiting", False),
        "hold_until": hold_until and hold_until.isoformat(),
        "clashes": list(getattr(event, "clashes", ())),
    }
    return {name: value for name, value in facts.items() if value not in (None, False, [])}


def _change_reminders(event: BookingEvent, view: AnnouncementView) -> Iterator[Effect]:
    before = view.booking(event.booking_id)
    pair_before = None if before is None else before.pair
    pair = event.author_status, event.guest_status
    if pair == pair_before:
        return
    guest = frozenset({event.guest_id})
    if pair_before == CONFIRMED:
        yield Withdraw(event.announcement_id, FOR_COMERS, "not_coming", guest)
    elif pair_before == REQUESTED:
        yield Withdraw(event.announcement_id, (UNANSWERED,), ANSWERED, guest)
    if not view.announcement.takes_place:
        return
    if pair == CONFIRMED:
        yield from remind(event.guest_id, view.announcement)
    elif pair == REQUESTED:
        yield tell_at_start(event.guest_id, view.announcement)


POLICIES: Final = (NoticePolicy(BookingEvent, AnnouncementView, tell_booking_change),)
