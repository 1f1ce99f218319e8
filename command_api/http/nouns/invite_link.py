"""The routes of invite links: the author makes, lists and revokes them, a guest uses one.

They are listed by the command API, because only its processes can make the tokens.
"""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request

from command_api.domain.invite_link.commands import (
    MakeInviteLink,
    OpenInviteLink,
    RevokeInviteLink,
)
from command_api.domain.invite_link.representation import InviteLinkResponse
from command_api.http.bodies import NoBody, WriteBody
from command_api.http.edge import Edge
from command_api.http.noun_routes import NounRoutes, WriteRequest
from command_api.http.nouns.booking import RequestBookingBody
from contracts.representations import DetailBookingResponse
from contracts.values.ids import AnnouncementId, BookingId, InviteLinkId, new_id
from runtime.auth.tokens import Caller
from runtime.http.instants import StatedInstant
from runtime.http.parameters import path_id

ROUTES: Final = NounRoutes()


class InviteLinkBody(WriteBody):
    """Without limits a link can be used any number of times until the evening begins."""

    uses_max: Annotated[int, Field(ge=1, le=10_000)] | None = None
    expires_at: StatedInstant | None = None
    waives_approval: bool = False


@ROUTES.write(
    "POST",
    "/announcement/{announcement_id}/invite-links",
    InviteLinkBody,
    InviteLinkResponse,
    created=True,
)
async def make_invite_link(request: WriteRequest[InviteLinkBody]) -> MakeInviteLink:
    """Make a link for people whose ids you do not know. Whoever uses it asks for a seat, whatever
    the visibility of your evening; with `waives_approval` they are confirmed at once."""
    return MakeInviteLink(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        link_id=InviteLinkId(new_id()),
        uses_max=request.body.uses_max,
        expires_at=request.body.expires_at,
        waives_approval=request.body.waives_approval,
    )


@ROUTES.read("/announcement/{announcement_id}/invite-links", list[InviteLinkResponse])
async def list_invite_links(
    edge: Edge, request: Request, caller: Caller
) -> list[InviteLinkResponse]:
    """All links to your evening, the newest first, revoked ones included."""
    announcement_id = AnnouncementId(path_id(request, "announcement_id"))
    await edge.reach_min_position(request)
    return edge.answering.list_invite_links(announcement_id, caller.person_id, edge.links.sign)


@ROUTES.write(
    "DELETE",
    "/announcement/{announcement_id}/invite-links/{link_id}",
    NoBody,
    InviteLinkResponse,
)
async def revoke_invite_link(request: WriteRequest[NoBody]) -> RevokeInviteLink:
    """Take a link back. Bookings that came of it stay."""
    return RevokeInviteLink(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        link_id=InviteLinkId(request.path_id("link_id")),
    )


@ROUTES.write(
    "POST", "/invite-link/{link_token}", RequestBookingBody, DetailBookingResponse, created=True
)
async def open_invite_link(request: WriteRequest[RequestBookingBody]) -> OpenInviteLink:
    """Use an invite link: ask for a seat, or take it if the host has waived approval. A full
    evening puts you on the waitlist. Using it again changes nothing and uses nothing up."""
    return OpenInviteLink(
        link_id=request.links.read(request.http.path_params["link_token"]),
        booking_id=BookingId(new_id()),
        message=request.body.message,
    )
