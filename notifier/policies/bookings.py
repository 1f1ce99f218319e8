"""Somebody asks, invites, answers, leaves, or the system decides: who is told (§3.3, A19)."""

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
from notifier.effects import REMINDERS, Effect, Facts, Kind, Occasion, Tell, Withdraw
from notifier.policies.facts import about
from notifier.policies.reminders import reminders_for
from notifier.world import Evening, World

BOTH: Final[dict[type[BookingEvent], tuple[Kind, str]]] = {
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
"""What one of the two did: the other is told, and the doer gets a receipt."""

QUEUED: Final = "queued"
"""A request in line that has the author's yes already."""

BY_SYSTEM: Final[dict[type[BookingEvent], str]] = {
    BookingReleased: "released",
    BookingOffered: "offered",
    BookingHoldLapsed: "hold_lapsed",
    BookingHoldShortened: "hold_shortened",
    BookingUnsettled: "unsettled",
    BookingResettled: "resettled",
}
"""What follows by itself: the guest is told, and the author where a seat is lost."""

SEAT_MAY_BE_LOST: Final = (BookingReleased, BookingHoldLapsed)


def booking_changed(event: BookingEvent, occasion: Occasion, world: World) -> Iterator[Effect]:
    """Pre-approval and lifting one's own no change nothing yet, and tell nobody."""
    evening = world.evening(event.announcement_id)
    if evening.status != "Created":
        yield from _told(event, occasion, world, evening)
    yield from _reminders(event, world, evening)


def _told(
    event: BookingEvent, occasion: Occasion, world: World, evening: Evening
) -> Iterator[Effect]:
    if type(event) in BOTH:
        kind, what = BOTH[type(event)]
        if isinstance(event, BookingRequested) and event.preapproved:
            what = QUEUED
        for recipient in (evening.author_id, event.guest_id):
            yield Tell(
                kind=kind,
                recipient=recipient,
                announcement_id=event.announcement_id,
                facts=_facts(event, evening, what),
                booking_id=event.booking_id,
                receipt=recipient == occasion.actor,
            )
        return
    if type(event) in BY_SYSTEM:
        facts = _facts(event, evening, BY_SYSTEM[type(event)])
        before = world.participation(event)
        seat_lost = isinstance(event, SEAT_MAY_BE_LOST) and before is not None and before.seated
        for recipient in (event.guest_id, *((evening.author_id,) if seat_lost else ())):
            yield Tell("booking_status", recipient, event.announcement_id, facts, event.booking_id)
    elif isinstance(event, BookingUnqueued) and _first_after_freed_seat(event, occasion):
        facts = about(evening) | {"what": "seat_freed"}
        yield Tell("booking_status", evening.author_id, event.announcement_id, facts)


def _first_after_freed_seat(event: BookingUnqueued, occasion: Occasion) -> bool:
    """A freed seat dissolves the line: the author, who has to choose now, is told once."""
    before = occasion.together[occasion.place - 1] if occasion.place else None
    return (
        isinstance(before, AnnouncementReopened)
        and before.reason == "seat_freed"
        and before.announcement_id == event.announcement_id
    )


def _facts(event: BookingEvent, evening: Evening, what: str) -> Facts:
    """`reason` is what a person typed, `system_reason` a code of ours: they are never mixed."""
    hold_until = getattr(event, "hold_until", None)
    reason = "system_reason" if reason_by(event) == "system" else "reason"
    facts = about(evening) | {
        "what": what,
        "guest_id": event.guest_id,
        reason: getattr(event, "reason", None),
        "message": getattr(event, "message", None),
        "waiting": getattr(event, "waiting", False),
        "hold_until": hold_until and hold_until.isoformat(),
        "clashes": list(getattr(event, "clashes", ())),
    }
    return {name: value for name, value in facts.items() if value not in (None, False, [])}


def _reminders(event: BookingEvent, world: World, evening: Evening) -> Iterator[Effect]:
    before = world.participation(event)
    was_confirmed = before is not None and before.confirmed
    is_confirmed = (event.author_status, event.guest_status) == CONFIRMED
    if was_confirmed and not is_confirmed:
        yield Withdraw(event.announcement_id, REMINDERS, "not_coming", frozenset({event.guest_id}))
    elif is_confirmed and not was_confirmed and evening.takes_place:
        yield from reminders_for(event.guest_id, evening)
