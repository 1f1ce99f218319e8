"""The operator's routes that renew the journal."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from command_api.http.edge import Edge
from command_api.renewal.renewals import Renewals
from contracts.representations import RenewalResponse
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.parameters import MIN_POSITION, describe_parameters
from runtime.openapi.document import response_schema

PATH: Final = "/journal/renewal"

Guard = Callable[[Request], Awaitable[str | None]]
"""Returns whom the token names. Raises Unauthenticated if the caller is no operator."""


def build_renewal_router(renewals: Renewals, edge: Edge, guard: Guard) -> APIRouter:
    """Return the routes, under `/api/v1/operator`."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)

    @router.post(PATH, status_code=202, responses=_describe(202, "it begins, or goes on"))
    async def renew_journal(request: Request) -> Response:
        """Write the journal anew, without the texts of erased people and in the present format,
        and switch to the new one. Writes go on meanwhile, and wait for seconds at the end."""
        by = await guard(request)
        await read_json_body(request)
        return json_response(await renewals.ask(begin=True, by=by), 202)

    @router.get(
        PATH,
        responses=_describe(200, "how far it is"),
        openapi_extra={"parameters": describe_parameters(MIN_POSITION)},
    )
    async def read_renewal(request: Request) -> Response:
        """How far the renewal of the journal is. It is done once `generation` has risen."""
        await guard(request)
        await edge.reach_min_position(request)
        return json_response(await renewals.ask(begin=False))

    return router


def _describe(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    schema = response_schema(RenewalResponse)
    return {
        status: {"description": description, "content": {"application/json": {"schema": schema}}}
    }
