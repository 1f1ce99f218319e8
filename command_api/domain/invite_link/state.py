"""The state of an invite link."""

from datetime import datetime

from msgspec import Struct

from contracts.values.ids import AnnouncementId, InviteLinkId


class InviteLink(Struct, frozen=True, kw_only=True, gc=False):
    """A link that lets whoever opens it ask for a seat."""

    id: InviteLinkId
    announcement_id: AnnouncementId
    uses_max: int | None
    expires_at: datetime | None
    waives_approval: bool
    created_at: datetime
    used: int = 0
    revoked_at: datetime | None = None

    @property
    def is_used_up(self) -> bool:
        return self.uses_max is not None and self.used >= self.uses_max

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
