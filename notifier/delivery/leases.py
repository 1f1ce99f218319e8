"""Defines leased notices: what a dispatcher is to send, and the result that it records."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from msgspec import Struct

from contracts.notices import Kind
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.delivery.preferences import Preferences
from notifier.planning.notice_plan import PlannedFanOut
from notifier.policies.facts import NoticeFacts
from runtime.outside.ports import PersonProfile

NoticeState = Literal["waiting", "sent", "unconfirmed", "dropped", "skipped", "cancelled", "parked"]


class LeasedNotice(Struct, kw_only=True):
    """A notice that this dispatcher alone may send until the lease ends."""

    id: int
    key: str
    recipient: PersonId
    kind: Kind
    announcement_id: AnnouncementId | None
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
    traceparent: str = ""
    """The trace context of the newest request that it tells of; empty if none is known."""


class DeliveryResult(NamedTuple):
    """The result of working on a leased notice."""

    id: int
    state: NoticeState
    reason: str | None = None
    sent_at: datetime | None = None
    try_at: datetime | None = None
    """When to try again, if it still waits; None for the end of the lease."""
    untried: bool = False
    """It was put off before it was tried, so the attempt does not count."""
    unsettled: bool = False
    """It may have arrived nevertheless."""


class DeliveryContext(NamedTuple):
    """The rows about the people of a batch of notices."""

    people: dict[PersonId, PersonProfile]
    """Without those whom only Auth knows."""
    preferences: dict[PersonId, Preferences]
    """The preferences of people who have saved any."""
    erased: frozenset[PersonId] = frozenset()
    """The people whose data was erased, and who were not seen since."""
    erasures: Mapping[PersonId, int] = MappingProxyType({})
    """By person whose erasure has begun: the last notice that there was then."""

    def is_erased_for(self, notice: LeasedNotice) -> bool:
        """Return whether the notice's recipient must not get it, because their data was erased
        after it was planned or they were not seen since."""
        recipient = notice.recipient
        return recipient in self.erased or notice.id <= self.erasures.get(recipient, -1)


class LeasedFanOut(NamedTuple):
    """A fan-out that this dispatcher alone may expand until the lease ends."""

    fanout: PlannedFanOut
    attempts: int
    """This one included."""
