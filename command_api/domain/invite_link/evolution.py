"""Applies the events of invite links to the layer."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.invite_link.state import InviteLink
from command_api.domain.layer import Layer
from contracts.events.invite_link import (
    AnyInviteLinkEvent,
    InviteLinkMade,
    InviteLinkRevoked,
    InviteLinkUsed,
)
from contracts.values.ids import PersonId


def apply_invite_link_event(
    layer: Layer, event: AnyInviteLinkEvent, at: datetime, _actor: PersonId
) -> None:
    """Raises LookupError if the event names a link or an announcement that was never made."""
    if isinstance(event, InviteLinkMade):
        announcement = layer.announcements.find(event.announcement_id)
        links = (*announcement.invite_links, event.link_id)
        layer.announcements.put(announcement.id, replace(announcement, invite_links=links))
        layer.invite_links.put(event.link_id, _make(event, at))
        return
    before = layer.invite_links.find(event.link_id)
    layer.invite_links.put(before.id, _evolve(before, event, at))


def _make(event: InviteLinkMade, at: datetime) -> InviteLink:
    return InviteLink(
        id=event.link_id,
        announcement_id=event.announcement_id,
        uses_max=event.uses_max,
        expires_at=event.expires_at,
        waives_approval=event.waives_approval,
        created_at=at,
    )


def _evolve(
    before: InviteLink, event: InviteLinkUsed | InviteLinkRevoked, at: datetime
) -> InviteLink:
    match event:
        case InviteLinkUsed():
            return replace(before, used=event.used)
        case InviteLinkRevoked():
            return replace(before, revoked_at=at)
