"""The commands about invite links."""

from datetime import datetime

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, InviteLinkId


class MakeInviteLink(Struct, frozen=True, kw_only=True, tag="invite_link.make"):
    announcement_id: AnnouncementId
    link_id: InviteLinkId
    uses_max: int | None = None
    expires_at: datetime | None = None
    waives_approval: bool = False


class RevokeInviteLink(Struct, frozen=True, kw_only=True, tag="invite_link.revoke"):
    announcement_id: AnnouncementId
    link_id: InviteLinkId


class OpenInviteLink(Struct, frozen=True, kw_only=True, tag="invite_link.open"):
    """The actor holds the link's token, which the edge has checked."""

    link_id: InviteLinkId
    booking_id: BookingId
    """The id of the booking if the pair has none yet."""
    message: str | None = None


AnyInviteLinkCommand = MakeInviteLink | RevokeInviteLink | OpenInviteLink
