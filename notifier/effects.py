"""What policies ask for. Pure values: the outbox turns them into rows."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from contracts.events.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, BookingId, PersonId

Kind = Literal[
    "announce_new",
    "announce_put",
    "announce_delete",
    "announce_done",
    "booking_new",
    "booking_status",
    "remind_day",
    "remind_hour",
    "score_request",
    "score_revealed",
]

REMINDERS: Final[tuple[Kind, ...]] = ("remind_day", "remind_hour")
BOOKING_NEWS: Final[tuple[Kind, ...]] = ("booking_new", "booking_status")
NEVER_DELAYED: Final[frozenset[Kind]] = frozenset({"announce_delete"})
"""Quiet hours do not hold these back (§3.3)."""
URGENT: Final[frozenset[Kind]] = frozenset({"announce_delete", "remind_hour"})
"""Of no use an hour later: they are sent before others."""

MERGED_WITHIN: Final = timedelta(seconds=60)
TOLD_WITHIN: Final = timedelta(days=3)
"""The delivery budget: news older than this are not told any more."""

Facts = dict[str, Any]
"""What a text is made of; JSON, instants as text."""


class Occasion(NamedTuple):
    """One event, where it stands, and the Commit around it."""

    event: DomainEvent
    seq: int
    event_index: int
    """Within its Commit, from 0."""
    at: datetime
    actor: str
    together: tuple[DomainEvent, ...]
    """All events of the Commit that can be read, this one included."""
    place: int
    """Of this event in `together`."""

    @property
    def event_type(self) -> str:
        return str(type(self.event).__struct_config__.tag)


class Tell(NamedTuple):
    """One message to one person, as soon as it may go."""

    kind: Kind
    recipient: PersonId
    announcement_id: AnnouncementId
    facts: Facts
    booking_id: BookingId | None = None
    receipt: bool = False
    """The recipient did it themselves."""
    expires_at: datetime | None = None
    """No use after that; by default the delivery budget alone counts."""


class FanOut(NamedTuple):
    """`announce_new` to everybody who follows the author by the time it is expanded."""

    author_id: PersonId
    announcement_id: AnnouncementId
    facts: Facts
    expires_at: datetime


class Remind(NamedTuple):
    """A message at a time, at most once per (announcement, recipient, kind, event_time)."""

    kind: Kind
    recipient: PersonId
    announcement_id: AnnouncementId
    event_time: datetime
    due_at: datetime
    expires_at: datetime
    facts: Facts


class Withdraw(NamedTuple):
    """What waits to be sent is no longer true."""

    announcement_id: AnnouncementId
    kinds: tuple[Kind, ...]
    reason: str
    recipients: frozenset[PersonId] | None = None
    """None: everybody."""


Effect = Tell | FanOut | Remind | Withdraw
