"""Decides whom to tell when the guest, the author or the system changes a booking (§3.3, A19)."""

from collections.abc import Iterator
from typing import Final

from contracts.events.booking import BookingApproved, BookingEvent, BookingInvited
from contracts.events.folding.booking_fields import reason_by
from contracts.events.folding.booking_state import CONFIRMED
from contracts.recipients import REQUESTED, SEAT_FREED, list_told_of_booking
from contracts.values.ids import SYSTEM
from notifier.kinds import CHAT_DIGEST, REMINDERS, UNANSWERED
from notifier.policies.effects import Effect, Occasion, Tell, Withdraw
from notifier.policies.facts import NoticeFacts, add_words, announcement_facts
from notifier.policies.policy import AnnouncementView, NoticePolicy
from notifier.policies.reminders import remind, tell_at_start
from notifier.rights import ANSWERED
from notifier.state import KnownAnnouncement

FOR_COMERS: Final = (*REMINDERS, CHAT_DIGEST)
"""Kinds of notices that are for confirmed guests alone."""


def tell_booking_change(
    event: BookingEvent, occasion: Occasion, view: AnnouncementView
) -> Iterator[Effect]:
    """Tell both sides, and plan or withdraw the guest's reminders. Nobody is told if nothing
    changes for them yet, as when a request is approved in advance or a no is taken back. Nor
    is anybody told that a block ended a request or an invitation."""
    yield from _tell(event, occasion, view)
    yield from _change_reminders(event, view)


def _tell(event: BookingEvent, occasion: Occasion, view: AnnouncementView) -> Iterator[Effect]:
    announcement, before = view.announcement, view.booking(event.booking_id)
    had_seat = before is not None and before.seated
    for one in list_told_of_booking(event, occasion.beside, announcement, had_seat=had_seat):
        assert one.what is not None
        if _is_by_job(event, occasion) and one.recipient == announcement.author_id:
            continue
        if one.what == SEAT_FREED:
            facts = announcement_facts(announcement) | {"what": SEAT_FREED}
            yield Tell(one.kind, one.person_id, event.announcement_id, facts)
            continue
        facts = _booking_facts(event, announcement, one.what)
        yield Tell(
            kind=one.kind,
            recipient=one.person_id,
            announcement_id=event.announcement_id,
            facts=add_words(facts, occasion.actor) if one.by_party else facts,
            booking_id=event.booking_id,
            receipt=one.by_party and one.recipient == occasion.actor,
        )


def _is_by_job(event: BookingEvent, occasion: Occasion) -> bool:
    """Return whether an invite job said yes for the author, who reads how far it is and is told of
    no guest."""
    return occasion.actor == SYSTEM and isinstance(event, BookingInvited | BookingApproved)


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
