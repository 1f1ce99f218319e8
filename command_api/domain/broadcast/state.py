"""The state of a broadcast."""

from datetime import datetime, timedelta

from msgspec import Struct

from contracts.events.broadcast import Audience, BroadcastState
from contracts.values.ids import AnnouncementId, BroadcastId


class Broadcast(Struct, frozen=True, kw_only=True, gc=False):
    """A word of the author to all guests in some states. It goes once, or never."""

    id: BroadcastId
    announcement_id: AnnouncementId
    text: str
    to: tuple[Audience, ...]
    at: datetime | None
    before_start_min: int | None
    """Minutes before the start. If neither this nor `at` is stated it goes when it is written."""
    due_at: datetime
    created_at: datetime
    modified_at: datetime
    previous: BroadcastId | None
    """The broadcast written before this one for the same announcement."""
    state: BroadcastState = "planned"
    reaches: int | None = None
    """The number of guests whom it reached; None unless it was sent."""
    sent_at: datetime | None = None

    @property
    def planned(self) -> bool:
        return self.state == "planned"

    @property
    def moves_with_start(self) -> bool:
        return self.planned and self.before_start_min is not None


def find_due_time(
    at: datetime | None, before_start_min: int | None, event_time: datetime, now: datetime
) -> datetime:
    """Return when a broadcast is to go: `now` if nothing else is stated."""
    if before_start_min is not None:
        return event_time - timedelta(minutes=before_start_min)
    return now if at is None else at
