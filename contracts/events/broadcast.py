"""Events of broadcasts: what an author writes to all guests of an announcement in some states.

Every field is storage format (`contracts.events.stored.base`). A broadcast goes once, at once or
later. Whom it reaches is decided when it goes, by the bookings as they are then.
"""

from typing import Final, Literal

from contracts.events.folding.booking_state import BookingState
from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, BroadcastId, PersonId
from contracts.values.personal import WordsOfActor
from contracts.values.times import Instant

Audience = Literal["requested", "invited", "confirmed", "waitlisted"]
BroadcastState = Literal["planned", "sent", "cancelled"]
BroadcastCanceller = Literal["author", "system"]


class BroadcastEvent(Event, frozen=True, kw_only=True):
    """The family of a broadcast's events."""

    announcement_id: AnnouncementId
    broadcast_id: BroadcastId


class BroadcastWritten(BroadcastEvent, frozen=True, kw_only=True, tag="broadcast.written.v1"):
    """The author wrote to the guests in the states of `to`. Without `at` and `before_start_min`
    it goes at once, by the next event of the same command."""

    author_id: PersonId
    text: WordsOfActor
    to: tuple[Audience, ...]
    at: Instant | None = None
    before_start_min: int | None = None
    """So many minutes before the start, also if that moves."""


class BroadcastChanged(BroadcastEvent, frozen=True, kw_only=True, tag="broadcast.changed.v1"):
    """The author changed a planned broadcast. All that may change is stated."""

    text: WordsOfActor
    to: tuple[Audience, ...]
    at: Instant | None = None
    before_start_min: int | None = None


class BroadcastCancelled(BroadcastEvent, frozen=True, kw_only=True, tag="broadcast.cancelled.v1"):
    """A planned broadcast will not go. The system cancels those that an announcement leaves
    behind when it ends."""

    by: BroadcastCanceller


class BroadcastSent(BroadcastEvent, frozen=True, kw_only=True, tag="broadcast.sent.v1"):
    """It goes to the guests who are in the states of `to` now."""

    reaches: int
    """So many guests."""


AnyBroadcastEvent = BroadcastWritten | BroadcastChanged | BroadcastCancelled | BroadcastSent

STATES_OF: Final[dict[Audience, tuple[BookingState, ...]]] = {
    "requested": ("requested",),
    "invited": ("invited", "offered"),
    "confirmed": ("confirmed",),
    "waitlisted": ("waitlisted",),
}
"""The states of bookings that each word of `to` stands for. A seat that is offered waits for the
guest's answer, as an invitation does."""


def is_addressed(state: BookingState, to: tuple[Audience, ...]) -> bool:
    """Return whether a broadcast to these reaches the guest of a booking in this state."""
    return any(state in STATES_OF[one] for one in to)
