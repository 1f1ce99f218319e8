"""Defines effects: what policies ask for. A plan turns them into notices."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.places import EventPlace
from contracts.notices import Kind
from contracts.recipients import Together
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.policies.facts import NoticeFacts

MERGED_WITHIN: Final = timedelta(seconds=60)
"""A change waits so long before it is told, and further changes join it."""
DIGEST_AFTER: Final = timedelta(minutes=10)
"""New posts in a chat are told so long after the first of them, if nobody has read it by then."""
TOLD_WITHIN: Final = timedelta(days=3)
"""The delivery budget: news that is older is no longer sent."""


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
    traceparent: str = ""
    """The trace context of the request that gave the command; empty if none did."""

    @property
    def place_in_journal(self) -> EventPlace:
        return EventPlace(self.seq, self.event_index)

    @property
    def beside(self) -> Together:
        """The event among those of its Commit, for the rules of who is told."""
        return Together(self.together, self.place)

    @property
    def event_type(self) -> str:
        return str(type(self.event).__struct_config__.tag)


class Tell(NamedTuple):
    """One notice to one person, as soon as it may be sent."""

    kind: Kind
    recipient: PersonId
    announcement_id: AnnouncementId | None
    """None if it is about the recipient's own data."""
    facts: NoticeFacts
    booking_id: BookingId | None = None
    receipt: bool = False
    """It confirms what the recipient did themselves."""
    expires_at: datetime | None = None
    """When the notice becomes useless, if that is before the end of the delivery budget."""


class FanOut(NamedTuple):
    """`announce_new` to everybody who follows the author when the fan-out is expanded."""

    author_id: PersonId
    announcement_id: AnnouncementId
    facts: NoticeFacts
    expires_at: datetime


class Remind(NamedTuple):
    """A notice at a later time: at most one for each announcement, recipient, kind and
    `event_time`."""

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
    """None for everybody."""


class Erase(NamedTuple):
    """Tell nobody any more what the person typed, or the person's name, and the person nothing."""

    person_id: PersonId


Effect = Tell | FanOut | Remind | Withdraw | Erase
