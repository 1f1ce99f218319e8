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
from contracts.events.rating import RATING_WINDOW
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
from notifier.policies.facts import (
    add_words,
    announcement_facts,
    diff,
    price_facts,
    state_fact,
)
from notifier.policies.policy import GuestsView, NoticePolicy
from notifier.policies.reminders import remind_all, tell_at_start
from notifier.state import apply_event

RATING_REMINDER_AFTER: Final = timedelta(days=11)
"""When people who have not rated are asked again, three days before the window closes."""


def announce_publication(
    event: AnnouncementPublished, occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Tell the invited, and the author's followers unless only the invited may see it."""
    announcement = view.announcement
    facts = announcement_facts(announcement)
    for told, _ in view.list_told(event, occasion):
        if told.recipient is None:
            yield FanOut(
                announcement.author_id,
                announcement.announcement_id,
                facts,
                expires_at=min(announcement.event_time, occasion.at + TOLD_WITHIN),
            )
        else:
            yield Tell(
                kind=told.kind,
                recipient=told.recipient,
                announcement_id=announcement.announcement_id,
                facts=facts | {"invited": True},
                expires_at=announcement.event_time,
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
    for told, booking in view.list_told(event, occasion):
        sees_all = booking is None or booking.confirmed
        if changes := diff(before, after, may_see_address=sees_all):
            yield Tell(
                kind=told.kind,
                recipient=told.person_id,
                announcement_id=before.announcement_id,
                facts=announcement_facts(after)
                | {"diff": changes}
                | price_facts(after, changes)
                | state_fact(booking),
                booking_id=None if booking is None else booking.booking_id,
                receipt=told.recipient == occasion.actor,
            )
    if before.event_time != after.event_time:
        yield Withdraw(before.announcement_id, (*REMINDERS, UNANSWERED), "moved")
        yield from remind_all(after, view.confirmed())
        yield from (tell_at_start(one.guest_id, after) for one in view.unanswered())


def tell_unanswered(
    event: AnnouncementClosed, occasion: Occasion, view: GuestsView
) -> Iterator[Effect]:
    """Tell those without an answer that the author takes no more requests. If all seats are
    taken they stand in line instead, and at the start they are told by a notice of its own."""
    announcement = view.announcement
    for told, booking in view.list_told(event, occasion):
        about = {"guest_id": told.person_id, "what": told.what}
        yield Tell(
            kind=told.kind,
            recipient=told.person_id,
            announcement_id=announcement.announcement_id,
            facts=announcement_facts(announcement) | about,
            booking_id=None if booking is None else booking.booking_id,
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
    concerned = list(view.list_told(event, occasion))
    if not concerned:
        return
    facts = announcement_facts(announcement) | {"by": event.by, "reason": event.reason}
    recipients = frozenset(told.person_id for told, _ in concerned)
    yield Withdraw(announcement.announcement_id, BOOKING_KINDS, "cancelled", recipients)
    for told, booking in concerned:
        yield Tell(
            kind=told.kind,
            recipient=told.person_id,
            announcement_id=announcement.announcement_id,
            facts=add_words(facts, occasion.actor) | state_fact(booking),
            booking_id=None if booking is None else booking.booking_id,
            receipt=told.recipient == occasion.actor,
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


POLICIES: Final = (
    NoticePolicy(AnnouncementPublished, GuestsView, announce_publication),
    NoticePolicy(AnnouncementChanged, GuestsView, tell_changes),
    NoticePolicy(AnnouncementClosed, GuestsView, tell_unanswered),
    NoticePolicy(AnnouncementCancelled, GuestsView, tell_cancellation),
    NoticePolicy(AnnouncementDone, GuestsView, ask_for_ratings),
)
