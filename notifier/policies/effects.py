"""Effects: what policies ask for. Pure values; a plan turns them into notices."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from contracts.events.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.kinds import Kind
from notifier.policies.facts import NoticeFacts

MERGED_WITHIN: Final = timedelta(seconds=60)
TOLD_WITHIN: Final = timedelta(days=3)
"""The delivery budget: older news are not sent any more."""


class Occasion(NamedTuple):
    """One event, its place in the journal, and the Commit around it."""

    event: DomainEvent
    seq: int
    event_index: int
    """Within its Commit, from 0."""
    at: datetime
    actor: str
    together: tuple[DomainEvent, ...]
    """All events of the Commit that could be decoded, this one included."""
    place: int
    """Index of this event in `together`."""

    @property
    def event_type(self) -> str:
        return str(type(self.event).__struct_config__.tag)


class Tell(NamedTuple):
    """One notice to one person, as soon as it may be sent."""

    kind: Kind
    recipient: PersonId
    announcement_id: AnnouncementId
    facts: NoticeFacts
    booking_id: BookingId | None = None
    receipt: bool = False
    """The recipient did it themselves."""
    expires_at: datetime | None = None
    """The notice is of no use after that. By default only the delivery budget counts."""


class FanOut(NamedTuple):
    """`announce_new` to everybody who follows the author at the time of expansion."""

    author_id: PersonId
    announcement_id: AnnouncementId
    facts: NoticeFacts
    expires_at: datetime


class Remind(NamedTuple):
    """A notice at a time, at most once per (announcement, recipient, kind, event_time)."""

    kind: Kind
    recipient: PersonId
    announcement_id: AnnouncementId
    event_time: datetime
    due_at: datetime
    expires_at: datetime
    facts: NoticeFacts


class Withdraw(NamedTuple):
    """Drop the waiting notices of these kinds: they are no longer true."""

    announcement_id: AnnouncementId
    kinds: tuple[Kind, ...]
    reason: str
    recipients: frozenset[PersonId] | None = None
    """None: everybody."""


Effect = Tell | FanOut | Remind | Withdraw
