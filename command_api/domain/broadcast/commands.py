"""The commands about broadcasts."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from contracts.events.broadcast import Audience
from contracts.values.ids import AnnouncementId, BroadcastId


class WriteBroadcast(Struct, frozen=True, kw_only=True, tag="broadcast.write"):
    """The route has checked the text, and that at most one time is stated."""

    announcement_id: AnnouncementId
    broadcast_id: BroadcastId
    text: str
    to: tuple[Audience, ...]
    at: datetime | None = None
    before_start_min: int | None = None


class ChangeBroadcast(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag="broadcast.change"
):
    """An unset field stays as it is. A stated time takes the place of the earlier one."""

    announcement_id: AnnouncementId
    broadcast_id: BroadcastId
    text: str | UnsetType = UNSET
    to: tuple[Audience, ...] | UnsetType = UNSET
    at: datetime | UnsetType = UNSET
    before_start_min: int | UnsetType = UNSET


class CancelBroadcast(Struct, frozen=True, kw_only=True, tag="broadcast.cancel"):
    announcement_id: AnnouncementId
    broadcast_id: BroadcastId


class BroadcastDue(Struct, frozen=True, kw_only=True, tag="broadcast.due"):
    """The time of a planned broadcast may have come."""

    broadcast_id: BroadcastId


AnyBroadcastCommand = WriteBroadcast | ChangeBroadcast | CancelBroadcast | BroadcastDue
