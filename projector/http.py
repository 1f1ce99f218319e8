"""Serves the operator routes of the projector: verify, rebuild, dead letters, and the trial of
another formula."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed, Unavailable
from contracts.scoring import Formula
from contracts.values.decoding import UNDECODABLE
from projector.proof.scratch.checkpoints import Start
from projector.read_models.groups import GROUPS
from projector.read_models.project import TABLES
from projector.service import ProjectorService
from runtime.dead_letters.routes import build_dead_letter_router
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import (
    BOOLEAN,
    POSITION,
    Parameter,
    describe_parameters,
    is_true,
    malformed_parameter,
)
from runtime.postgres.tables import TablesUnavailable
from runtime.progress.ndjson import LINES, LinesResponse, answer_lines
from runtime.progress.reporting import ReportLine

FROM: Final = Parameter(
    "from", "go on from the newest checkpoint at or before this position", POSITION
)
HISTORY: Final = "history"
ONLY: Final = Parameter(
    "only",
    "rebuild only this table, and those that go with it; or the history in ClickHouse",
    {"type": "string", "enum": [*sorted(GROUPS), HISTORY]},
)
ROLL_BACK: Final = Parameter(
    "roll_back",
    "go back to what was live before the last switch; with `only` the history alone does",
    BOOLEAN,
)
KEEP: Final = Parameter("keep", "keep a checkpoint if everything is right", BOOLEAN)

Guard = Callable[[Request], Awaitable[str | None]]
"""Returns the name of the operator, None if the token names nobody. Raises Unauthenticated if the
caller is no operator."""


def build_router(service: ProjectorService, guard: Guard) -> APIRouter:
    """Return the routes that verify the tables and try another formula."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)

    @router.post(
        "/verify",
        response_class=Response,
        responses=LINES,
        openapi_extra={"parameters": describe_parameters(FROM, KEEP)},
    )
    async def verify(request: Request) -> Response:
        """Fold the journal again and compare: chain, capacity, overlaps, every row, and every
        score with the votes in ClickHouse.

        One at a time, and not beside a rebuild or a retry; 409 then, 503
        while the tables are not followed.
        """
        await guard(request)
        start = _read_start(request)
        if not service.ready:
            raise Unavailable
        service.demand_free()
        return LinesResponse(service.verify(start))

    @router.post(
        "/rebuild",
        response_class=Response,
        responses=LINES,
        openapi_extra={"parameters": describe_parameters(ONLY, ROLL_BACK)},
    )
    async def rebuild(request: Request) -> Response:
        """Rebuild the tables, or one of them, or the history in ClickHouse, beside the live ones,
        compare every row, and switch.

        One at a time, and not beside verify or a retry; 409 then, 503 on a standby, 404 if
        nothing is kept to go back to, 507 if there is no room. It is given up if the caller goes
        away.
        """
        operator = await guard(request)
        return await answer_lines(_begin_rebuild(service, request, operator), switched=False)

    @router.post(
        "/ratings/trial",
        responses={
            200: {
                "description": "who would move, and by how much",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    )
    async def try_formula(request: Request) -> Response:
        """Compute all scores by another formula, beside the live ones, and compare. The body
        names the constants to change; the others are the published ones."""
        await guard(request)
        formula = _read_formula(await read_json_body(request))
        if not service.ready:
            raise Unavailable
        try:
            return json_response(await service.try_formula(formula))
        except TablesUnavailable as error:
            raise Unavailable from error

    router.include_router(build_dead_letter_router("/dead-letters", service, guard))
    return router


def _read_start(request: Request) -> Start:
    """Return where verify is to begin. Raises Malformed."""
    keep = is_true(request.query_params, KEEP.name)
    given = request.query_params.get(FROM.name)
    if given is None:
        return Start(keep=keep)
    position = parse_whole_number(given)
    if position is None:
        raise malformed_parameter(FROM.name)
    return Start(position, keep)


def _begin_rebuild(
    service: ProjectorService, request: Request, operator: str | None
) -> AsyncGenerator[ReportLine, None]:
    """Return the lines of the rebuild that is asked for. Raises Malformed."""
    rolls_back = is_true(request.query_params, ROLL_BACK.name)
    name = request.query_params.get(ONLY.name)
    if name is None:
        return service.rebuild(TABLES, operator, rolls_back=rolls_back)
    if name == HISTORY:
        return service.rebuild_history(operator, rolls_back=rolls_back)
    if name not in GROUPS:
        raise malformed_parameter(ONLY.name, known=[*sorted(GROUPS), HISTORY])
    if rolls_back:  # What was switched last comes back, whole.
        raise malformed_parameter(ONLY.name, not_with=ROLL_BACK.name)
    return service.rebuild(GROUPS[name], operator)


def _read_formula(raw: bytes) -> Formula:
    """Return the formula in the body; an empty body is the published formula. Raises
    Malformed."""
    try:
        return msgspec.json.decode(raw or b"{}", type=Formula)
    except UNDECODABLE as error:
        raise Malformed(facts={"reason": str(error)}) from error
