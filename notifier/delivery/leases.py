"""Leased notices: what a dispatcher is to send, and the result that it records. Pure values."""

from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.delivery.preferences import Preferences
from notifier.kinds import Kind
from notifier.planning.notice_plan import PlannedFanOut
from notifier.policies.facts import NoticeFacts
from runtime.outside.ports import PersonProfile

NoticeState = Literal["waiting", "sent", "unconfirmed", "dropped", "skipped", "cancelled", "parked"]


class LeasedNotice(Struct, kw_only=True):
    """A notice that is ours to send until the lease ends."""

    id: int
    key: str
    recipient: PersonId
    kind: Kind
    announcement_id: AnnouncementId
    booking_id: BookingId | None
    receipt: bool
    facts: NoticeFacts
    happened_at: datetime
    event_time: datetime | None
    due_at: datetime
    expires_at: datetime
    attempts: int
    """This one included."""
    reason: str | None
    """Why the last attempt failed."""
    unsettled: bool = False
    """An earlier attempt may have arrived."""


class DeliveryResult(NamedTuple):
    """What became of a leased notice."""

    id: int
    state: NoticeState
    reason: str | None = None
    sent_at: datetime | None = None
    try_at: datetime | None = None
    untried: bool = False
    """It was put off before anybody began to send it."""
    unsettled: bool = False
    """It may have arrived nevertheless."""


class DeliveryContext(NamedTuple):
    """What the tables know about the people and announcements of a batch of notices."""

    people: dict[PersonId, PersonProfile]
    preferences: dict[PersonId, Preferences]
    links: dict[AnnouncementId, str]


class LeasedFanOut(NamedTuple):
    fanout: PlannedFanOut
    attempts: int
