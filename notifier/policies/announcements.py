"""An evening opens, changes, is called off: who is told (§3.3, A17, A21, A22)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import BookingInvited
from contracts.events.rating import RATING_WINDOW
from contracts.values.ids import PersonId
from notifier.effects import (
    BOOKING_NEWS,
    REMINDERS,
    TOLD_WITHIN,
    Effect,
    FanOut,
    Occasion,
    Remind,
    Tell,
    Withdraw,
)
from notifier.policies.facts import about, diff
from notifier.policies.reminders import replan_all
from notifier.world import INVITED, Evening, Participation, World, changed

RATING_REMINDER_AFTER: Final = timedelta(days=11)


def published(event: AnnouncementPublished, occasion: Occasion, world: World) -> Iterator[Effect]:
    """The author's followers and the invited; only the invited where none else may see it."""
    evening = world.evening(event.announcement_id)
    for guest_id in _invited(event, occasion, world):
        yield Tell(
            kind="announce_new",
            recipient=guest_id,
            announcement_id=evening.announcement_id,
            facts=about(evening) | {"invited": True},
            expires_at=evening.event_time,
        )
    if evening.visibility != "invite":
        until = min(evening.event_time, occasion.at + TOLD_WITHIN)
        yield FanOut(evening.author_id, evening.announcement_id, about(evening), until)
    yield from replan_all(evening, world)


def edited(event: AnnouncementChanged, occasion: Occasion, world: World) -> Iterator[Effect]:
    """Everybody involved, with what has changed for them to see. Drafts tell nobody."""
    before = world.evening(event.announcement_id)
    after = changed(before, event)
    if not before.takes_place:
        return
    for recipient, participation in _concerned(before, world):
        sees_all = participation is None or participation.confirmed
        if changes := diff(before, after, may_see_address=sees_all):
            yield Tell(
                kind="announce_put",
                recipient=recipient,
                announcement_id=before.announcement_id,
                facts=about(after) | {"diff": changes},
                booking_id=None if participation is None else participation.booking_id,
                receipt=recipient == occasion.actor,
            )
    if before.event_time != after.event_time:
        yield Withdraw(before.announcement_id, REMINDERS, "moved")
        yield from replan_all(after, world)


def cancelled(event: AnnouncementCancelled, occasion: Occasion, world: World) -> Iterator[Effect]:
    """Everybody involved, at once; whatever still waited to be said about it is not said.

    News of a booking are withdrawn from those alone who are told of the end: who was turned
    away before still hears of that.
    """
    evening = world.evening(event.announcement_id)
    yield Withdraw(
        evening.announcement_id, (*REMINDERS, "announce_new", "announce_put"), "cancelled"
    )
    if not evening.takes_place:
        return
    concerned = list(_concerned(evening, world))
    told = frozenset(recipient for recipient, _ in concerned)
    yield Withdraw(evening.announcement_id, BOOKING_NEWS, "cancelled", told)
    for recipient, participation in concerned:
        yield Tell(
            kind="announce_delete",
            recipient=recipient,
            announcement_id=evening.announcement_id,
            facts=about(evening) | {"by": event.by, "reason": event.reason},
            booking_id=None if participation is None else participation.booking_id,
            receipt=recipient == occasion.actor,
        )


def done(event: AnnouncementDone, occasion: Occasion, world: World) -> Iterator[Effect]:
    """Whoever may rate is asked to, and once more before the time for it is over (A28)."""
    evening = world.evening(event.announcement_id)
    yield Withdraw(evening.announcement_id, (*REMINDERS, "announce_new", "announce_put"), "over")
    guests = list(world.confirmed(evening.announcement_id))
    if not guests:
        return
    facts = about(evening) | {"guest_count": len(guests)}
    raters = [(evening.author_id, None), *((one.guest_id, one.booking_id) for one in guests)]
    for rater, booking_id in raters:
        yield Tell(
            kind="announce_done" if rater == evening.author_id else "score_request",
            recipient=rater,
            announcement_id=evening.announcement_id,
            facts=facts,
            booking_id=booking_id,
        )
        yield Remind(
            kind="score_request",
            recipient=rater,
            announcement_id=evening.announcement_id,
            event_time=evening.event_time,
            due_at=occasion.at + RATING_REMINDER_AFTER,
            expires_at=occasion.at + RATING_WINDOW,
            facts=facts | {"again": True},
        )


def _invited(
    event: AnnouncementPublished, occasion: Occasion, world: World
) -> dict[PersonId, None]:
    """Those invited to the draft, and those invited in the same breath; each once."""
    before = [one.guest_id for one in world.involved(event.announcement_id) if one.pair == INVITED]
    along = [
        one.guest_id
        for one in occasion.together
        if isinstance(one, BookingInvited) and one.announcement_id == event.announcement_id
    ]
    return dict.fromkeys([*before, *along])


def _concerned(evening: Evening, world: World) -> Iterator[tuple[PersonId, Participation | None]]:
    """The author, then the confirmed, the pending and the invited."""
    yield evening.author_id, None
    for one in world.involved(evening.announcement_id):
        yield one.guest_id, one
