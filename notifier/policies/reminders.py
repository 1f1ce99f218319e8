"""Plans what is told at a time that the start of an announcement gives.

The author and the confirmed are reminded 24 hours and one hour before it (A20). Whoever still
has no answer when it begins is told so.

Hours are counted between instants, so daylight saving time makes none longer or shorter.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from contracts.notices import Kind
from contracts.values.ids import PersonId
from notifier.kinds import UNANSWERED
from notifier.policies.effects import TOLD_WITHIN, Remind
from notifier.policies.facts import announcement_facts
from notifier.state import KnownAnnouncement, KnownBooking


class Lead(NamedTuple):
    """A reminder is due `before` the start. If it could not be sent then, it is sent later, as
    long as at least `least` remains."""

    kind: Kind
    before: timedelta
    least: timedelta


LEADS: Final = (
    Lead("remind_day", timedelta(hours=24), timedelta(hours=12)),
    Lead("remind_hour", timedelta(hours=1), timedelta(minutes=15)),
)


def remind(recipient: PersonId, announcement: KnownAnnouncement) -> Iterator[Remind]:
    """Yield all reminders of one person."""
    for lead in LEADS:
        yield Remind(
            kind=lead.kind,
            recipient=recipient,
            announcement_id=announcement.announcement_id,
            event_time=announcement.event_time,
            due_at=announcement.event_time - lead.before,
            expires_at=announcement.event_time - lead.least,
            facts=announcement_facts(announcement),
        )


def remind_all(
    announcement: KnownAnnouncement, confirmed: Iterable[KnownBooking]
) -> Iterator[Remind]:
    """Yield the reminders of the author and of the confirmed guests."""
    yield from remind(announcement.author_id, announcement)
    for one in confirmed:
        yield from remind(one.guest_id, announcement)


def tell_at_start(guest_id: PersonId, announcement: KnownAnnouncement) -> Remind:
    """Return what a guest without an answer is told once the announcement begins."""
    return Remind(
        kind=UNANSWERED,
        recipient=guest_id,
        announcement_id=announcement.announcement_id,
        event_time=announcement.event_time,
        due_at=announcement.event_time,
        expires_at=announcement.event_time + TOLD_WITHIN,
        facts=announcement_facts(announcement) | {"guest_id": guest_id, "what": "begun"},
    )
