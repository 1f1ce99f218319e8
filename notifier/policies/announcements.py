"""Decides whom to tell that an announcement is published, changed, cancelled or over.

The rules are in docs/requirements.md, §3.3, A17 and A22.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import BookingInvited
from contracts.events.rating import RATING_WINDOW
from contracts.recipients import INVITED
from contracts.values.ids import PersonId
from notifier.kinds import BOOKING_KINDS, REMINDERS, UNANSWERED
from notifier.policies.effects import (
    TOLD_WITHIN,
    Effect,
    FanOut,
    Occasion,
    Remind,
    Tell,
    Withdraw,
)
from notifier.policies.facts import add_words, announcement_facts, diff
from notifier.policies.policy import GuestsView, NoticePolicy
from notifier.policies.reminders import remind_all, tell_at_start
from notifier.state import KnownBooking, apply_event

RATING_REMINDER_AFTER: Final = timedelta(days=11)
"""When people who have not rated are asked again, three days before the window closes."""


def announce_publication(
    event: AnnouncementPublished, occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Tell the invited, and the author's followers unless only the invited may see it."""
    announcement = view.announcement
    for guest_id in _invited_guests(event, occasion, view):
        yield Tell(
            kind="announce_new",
            recipient=guest_id,
            announcement_id=announcement.announcement_id,
            facts=announcement_facts(announcement) | {"invited": True},
            expires_at=announcement.event_time,
        )
    if announcement.visibility != "invite":
        yield FanOut(
            announcement.author_id,
            announcement.announcement_id,
            announcement_facts(announcement),
            expires_at=min(announcement.event_time, occasion.at + TOLD_WITHIN),
        )
    yield from remind_all(announcement, view.confirmed())


def tell_changes(
    event: AnnouncementChanged, occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Tell everybody involved what has changed, as far as they may see it. Tell nobody of a
    draft, or of a change that the author keeps quiet."""
    before = view.announcement
    after = apply_event(before, event)
    if not before.takes_place or not event.notify:
        return
    for recipient, booking in _concerned_people(view):
        sees_all = booking is None or booking.confirmed
        if changes := diff(before, after, may_see_address=sees_all):
            yield Tell(
                kind="announce_put",
                recipient=recipient,
                announcement_id=before.announcement_id,
                facts=announcement_facts(after) | {"diff": changes},
                booking_id=None if booking is None else booking.booking_id,
                receipt=recipient == occasion.actor,
            )
    if before.event_time != after.event_time:
        yield Withdraw(before.announcement_id, (*REMINDERS, UNANSWERED), "moved")
        yield from remind_all(after, view.confirmed())
        yield from (tell_at_start(one.guest_id, after) for one in view.unanswered())


def tell_unanswered(
    event: AnnouncementClosed, _occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Tell those without an answer that the author takes no more requests. If all seats are
    taken they stand in line instead, and at the start they are told by a notice of its own."""
    if event.reason != "manual":
        return
    announcement = view.announcement
    for one in view.unanswered():
        yield Tell(
            kind=UNANSWERED,
            recipient=one.guest_id,
            announcement_id=announcement.announcement_id,
            facts=announcement_facts(announcement) | {"guest_id": one.guest_id, "what": "closed"},
            booking_id=one.booking_id,
            expires_at=announcement.event_time,
        )


def tell_cancellation(
    event: AnnouncementCancelled, occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Tell everybody involved at once, and withdraw notices about the announcement that still
    wait.

    Notices about a booking are withdrawn only from people who are told of the cancellation. A
    guest who was turned away before still hears of that.
    """
    announcement = view.announcement
    yield Withdraw(
        announcement.announcement_id,
        (*REMINDERS, UNANSWERED, "announce_new", "announce_put"),
        "cancelled",
    )
    if not announcement.takes_place:
        return
    facts = announcement_facts(announcement) | {"by": event.by, "reason": event.reason}
    concerned = list(_concerned_people(view))
    recipients = frozenset(recipient for recipient, _ in concerned)
    yield Withdraw(announcement.announcement_id, BOOKING_KINDS, "cancelled", recipients)
    for recipient, booking in concerned:
        yield Tell(
            kind="announce_delete",
            recipient=recipient,
            announcement_id=announcement.announcement_id,
            facts=add_words(facts, occasion.actor),
            booking_id=None if booking is None else booking.booking_id,
            receipt=recipient == occasion.actor,
        )


def ask_for_ratings(
    _event: AnnouncementDone, occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Ask the author and the confirmed guests to rate, and once more before it is too late
    (A28)."""
    announcement = view.announcement
    yield Withdraw(
        announcement.announcement_id, (*REMINDERS, "announce_new", "announce_put"), "over"
    )
    guests = list(view.confirmed())
    if not guests:
        return
    facts = announcement_facts(announcement) | {"guest_count": len(guests)}
    raters = [(announcement.author_id, None), *((one.guest_id, one.booking_id) for one in guests)]
    for rater, booking_id in raters:
        yield Tell(
            kind="announce_done" if rater == announcement.author_id else "score_request",
            recipient=rater,
            announcement_id=announcement.announcement_id,
            facts=facts,
            booking_id=booking_id,
        )
        yield Remind(
            kind="score_request",
            recipient=rater,
            announcement_id=announcement.announcement_id,
            event_time=announcement.event_time,
            due_at=occasion.at + RATING_REMINDER_AFTER,
            expires_at=occasion.at + RATING_WINDOW,
            facts=facts | {"again": True},
        )


def _invited_guests(
    event: AnnouncementPublished, occasion: Occasion, view: GuestsView
) -> dict[PersonId, None]:
    """Return the guests who were invited to the draft or by the same command, each once, as the
    keys of a dict, which keeps their order."""
    before = [one.guest_id for one in view.involved() if one.pair == INVITED]
    along = [
        one.guest_id
        for one in occasion.together
        if isinstance(one, BookingInvited) and one.announcement_id == event.announcement_id
    ]
    return dict.fromkeys([*before, *along])


def _concerned_people(view: GuestsView) -> Iterator[tuple[PersonId, KnownBooking | None]]:
    """Yield the author, then the confirmed, the pending and the invited."""
    yield view.announcement.author_id, None
    for one in view.involved():
        yield one.guest_id, one


POLICIES: Final = (
    NoticePolicy(AnnouncementPublished, GuestsView, announce_publication),
    NoticePolicy(AnnouncementChanged, GuestsView, tell_changes),
    NoticePolicy(AnnouncementClosed, GuestsView, tell_unanswered),
    NoticePolicy(AnnouncementCancelled, GuestsView, tell_cancellation),
    NoticePolicy(AnnouncementDone, GuestsView, ask_for_ratings),
)
