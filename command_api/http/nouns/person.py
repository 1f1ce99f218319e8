"""The routes of people: muting an author, blocking somebody, and an operator's suspensions."""

from typing import Final

from starlette.requests import Request

from command_api.domain.person.commands import (
    BlockPerson,
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnblockPerson,
    UnmuteAuthor,
)
from command_api.domain.person.representation import (
    BlockResponse,
    MuteResponse,
    SuspensionResponse,
    render_suspension,
)
from command_api.http.bodies import NoBody, ShortText, WriteBody
from command_api.http.edge import Edge
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.values.ids import PersonId
from runtime.auth.tokens import Caller

ROUTES: Final = NounRoutes()
OPERATOR_ROUTES: Final = NounRoutes()


class SuspendBody(WriteBody):
    """`by` is how the operator signs: the operator token belongs to no person."""

    reason: ShortText
    by: ShortText | None = None


class ReinstateBody(WriteBody):
    by: ShortText | None = None


@ROUTES.write("PUT", "/user/{user_id}/mute", NoBody, MuteResponse)
async def mute_host(request: WriteRequest[NoBody]) -> MuteAuthor:
    """Hear no more of an author's new announcements, and get no more invitations from them.
    What is agreed stays, and so do the notices about it. The author is not told."""
    return MuteAuthor(author_id=PersonId(request.path_id("user_id")))


@ROUTES.write("DELETE", "/user/{user_id}/mute", NoBody, MuteResponse)
async def unmute_host(request: WriteRequest[NoBody]) -> UnmuteAuthor:
    """Hear of an author's announcements again."""
    return UnmuteAuthor(author_id=PersonId(request.path_id("user_id")))


@ROUTES.write("PUT", "/user/{user_id}/block", NoBody, BlockResponse)
async def block_user(request: WriteRequest[NoBody]) -> BlockPerson:
    """Have nothing to do with somebody any more: from now on neither finds, asks, invites or
    writes to the other. Open requests and invitations between the two end; what is confirmed
    stays until somebody leaves. Nobody is told."""
    return BlockPerson(person_id=PersonId(request.path_id("user_id")))


@ROUTES.write("DELETE", "/user/{user_id}/block", NoBody, BlockResponse)
async def unblock_user(request: WriteRequest[NoBody]) -> UnblockPerson:
    """Take a block back. What it ended stays ended."""
    return UnblockPerson(person_id=PersonId(request.path_id("user_id")))


@OPERATOR_ROUTES.read("/suspensions", list[SuspensionResponse])
async def list_suspensions(
    edge: Edge, request: Request, _operator: Caller
) -> list[SuspensionResponse]:
    """People who are suspended now, the latest first, as this process knows."""
    await edge.reach_min_position(request)
    suspensions = [render_suspension(person) for person in edge.answering.list_suspended()]
    return sorted(suspensions, key=lambda one: (one.since, one.user_id), reverse=True)


@OPERATOR_ROUTES.write("PUT", "/user/{user_id}/suspension", SuspendBody, SuspensionResponse)
async def suspend_person(request: WriteRequest[SuspendBody]) -> SuspendPerson:
    """Shut a person out: within about a second, no process accepts their token. Their
    announcements and bookings stay as they are; cancelling one is another decision."""
    person_id = PersonId(request.path_id("user_id"))
    return SuspendPerson(
        person_id=person_id, reason=request.body.reason, by=request.signature(request.body.by)
    )


@OPERATOR_ROUTES.write("DELETE", "/user/{user_id}/suspension", ReinstateBody, SuspensionResponse)
async def reinstate_person(request: WriteRequest[ReinstateBody]) -> ReinstatePerson:
    """Let a person in again."""
    return ReinstatePerson(
        person_id=PersonId(request.path_id("user_id")), by=request.signature(request.body.by)
    )
