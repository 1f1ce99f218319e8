"""Muting a host, and an operator's shutting out of a person."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.http.bodies import ReinstateBody, SuspendBody, parse
from command_api.http.documented import document, document_read
from command_api.http.edge import Edge, body_of, path_id
from command_api.representations.person import MuteResponse, SuspensionResponse
from contracts.values.ids import OPERATOR, PersonId
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute


def add_person_routes(router: APIRouter, edge: Edge) -> None:
    @router.put("/user/{user_id}/mute", **document(MuteResponse))
    async def mute_host(request: Request) -> Response:
        """Hear no more of a host's new evenings, and be invited by them no more. What is
        agreed stays, and so do the notices about it; the host is told nothing."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        command = MuteAuthor(author_id=PersonId(path_id(request, "user_id")))
        return await edge.run(request, caller, raw, command)

    @router.delete("/user/{user_id}/mute", **document(MuteResponse))
    async def unmute_host(request: Request) -> Response:
        """Listen to a host again."""
        caller = await edge.caller(request)
        command = UnmuteAuthor(author_id=PersonId(path_id(request, "user_id")))
        return await edge.run(request, caller, b"", command)


def build_suspension_router(edge: Edge, guard: OperatorGuard) -> APIRouter:
    """Routes of operators: who is shut out."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)
    operator = Caller(OPERATOR)

    @router.get("/suspensions", **document_read(list[SuspensionResponse]))
    async def list_suspensions(request: Request) -> Response:
        """People who are shut out now, the latest first, as this process knows."""
        await guard(request)
        return await edge.suspensions(request)

    @router.put("/user/{user_id}/suspension", **document(SuspensionResponse, SuspendBody))
    async def suspend_person(request: Request) -> Response:
        """Shut a person out: no process takes their token within a second or so. Their
        evenings and bookings stay as they are; `announcement.cancel` is another decision."""
        await guard(request)
        raw = await body_of(request)
        body = parse(SuspendBody, raw)
        person_id = PersonId(path_id(request, "user_id"))
        command = SuspendPerson(person_id=person_id, reason=body.reason, by=body.by)
        return await edge.run(request, operator, raw, command)

    @router.delete("/user/{user_id}/suspension", **document(SuspensionResponse, ReinstateBody))
    async def reinstate_person(request: Request) -> Response:
        """Let a person in again."""
        await guard(request)
        raw = await body_of(request)
        body = parse(ReinstateBody, raw)
        command = ReinstatePerson(person_id=PersonId(path_id(request, "user_id")), by=body.by)
        return await edge.run(request, operator, raw, command)

    return router
