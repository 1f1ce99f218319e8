"""Decides whom a broadcast of an author is told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from contracts.events.broadcast import BroadcastSent
from notifier.policies.effects import Effect, Occasion, Tell
from notifier.policies.facts import add_words, announcement_facts, state_fact
from notifier.policies.policy import GuestsView, NoticePolicy

USEFUL_FOR: Final = timedelta(hours=1)
"""A broadcast is of use until the start, and for so long in any case."""


def tell_guests(event: BroadcastSent, occasion: Occasion, view: GuestsView) -> Iterator[Effect]:
    """Tell every guest whose booking is in one of the states that the broadcast names."""
    announcement = view.announcement
    broadcast = announcement.broadcasts.get(event.broadcast_id)
    if broadcast is None:
        return  # Its author was erased meanwhile.
    facts = announcement_facts(announcement) | {
        "message": broadcast.text,
        "to": list(broadcast.to),
    }
    for one in view.addressed(broadcast.to):
        yield Tell(
            kind="host_message",
            recipient=one.guest_id,
            announcement_id=announcement.announcement_id,
            facts=add_words(facts, announcement.author_id) | state_fact(one),
            booking_id=one.booking_id,
            expires_at=max(announcement.event_time, occasion.at + USEFUL_FOR),
        )


POLICIES: Final = (NoticePolicy(BroadcastSent, GuestsView, tell_guests),)
