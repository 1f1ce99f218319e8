"""Exactly 24 hours and one hour before, to the author and the confirmed (A20).

Hours are counted between instants, so no change of a clock makes one longer or shorter.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from contracts.values.ids import PersonId
from notifier.effects import Kind, Remind
from notifier.policies.facts import about
from notifier.world import Evening, World


class Lead(NamedTuple):
    """A reminder is due so long before; one that could not go still goes while `least` remains."""

    kind: Kind
    before: timedelta
    least: timedelta


LEADS: Final = (
    Lead("remind_day", timedelta(hours=24), timedelta(hours=12)),
    Lead("remind_hour", timedelta(hours=1), timedelta(minutes=15)),
)


def reminders_for(recipient: PersonId, evening: Evening) -> Iterator[Remind]:
    for lead in LEADS:
        yield Remind(
            kind=lead.kind,
            recipient=recipient,
            announcement_id=evening.announcement_id,
            event_time=evening.event_time,
            due_at=evening.event_time - lead.before,
            expires_at=evening.event_time - lead.least,
            facts=about(evening),
        )


def replan_all(evening: Evening, world: World) -> Iterator[Remind]:
    yield from reminders_for(evening.author_id, evening)
    for one in world.confirmed(evening.announcement_id):
        yield from reminders_for(one.guest_id, evening)
