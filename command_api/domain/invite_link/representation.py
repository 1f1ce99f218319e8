"""Represents an invite link to the author who made it."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.representation import answer_with_booking
from command_api.domain.invite_link.commands import (
    MakeInviteLink,
    OpenInviteLink,
    RevokeInviteLink,
)
from command_api.domain.invite_link.state import InviteLink
from command_api.domain.layer import Layer
from command_api.domain.representation import AnswerBasis, Answers, SignLink
from contracts.values.ids import AnnouncementId, InviteLinkId

PATH: Final = "/api/v1/invite-link/"


class InviteLinkResponse(Struct, frozen=True, kw_only=True):
    """A link that lets whoever has it ask for a seat. Only the author of the announcement sees
    it."""

    link_id: InviteLinkId
    announcement_id: AnnouncementId
    token: str
    """Opens the link. Whoever has it may use it, so give it only to those whom you mean."""
    url: str
    """Path to which a logged-in person sends POST to use the link."""
    uses_max: int | None
    """How often it can be used; null if any number of times."""
    used: int
    expires_at: datetime | None
    """When it can no longer be used; null if it can be until the evening begins."""
    waives_approval: bool
    """Whether those who use it are confirmed at once."""
    created: datetime
    revoked_at: datetime | None


def render_invite_link(link: InviteLink, sign: SignLink) -> InviteLinkResponse:
    token = sign(link.id)
    return InviteLinkResponse(
        link_id=link.id,
        announcement_id=link.announcement_id,
        token=token,
        url=PATH + token,
        uses_max=link.uses_max,
        used=link.used,
        expires_at=link.expires_at,
        waives_approval=link.waives_approval,
        created=link.created_at,
        revoked_at=link.revoked_at,
    )


def render_invite_links(
    layer: Layer, announcement: Announcement, sign: SignLink
) -> list[InviteLinkResponse]:
    """Return all links to the announcement, the newest first."""
    links = map(layer.invite_links.find, reversed(announcement.invite_links))
    return [render_invite_link(link, sign) for link in links]


def _answer_with_link(basis: AnswerBasis) -> InviteLinkResponse:
    link = basis.layer.invite_links.find(InviteLinkId(basis.outcome.facts["link_id"]))
    return render_invite_link(link, basis.sign_link)


INVITE_LINK_ANSWERS: Final[Answers] = {
    MakeInviteLink: _answer_with_link,
    RevokeInviteLink: _answer_with_link,
    OpenInviteLink: answer_with_booking,
}
