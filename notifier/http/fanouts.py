"""Operator routes for fan-outs: who follows a host was to be told, and was not yet."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, NotFound
from notifier.http.bodies import RescheduleBody
from notifier.http.edge import (
    INTEGER_MAX,
    Guard,
    answers,
    asks,
    body_of,
    one_of,
    path_number,
    reach,
    tables,
    takes,
)
from notifier.http.representations import FanOutResponse
from notifier.reader import JournalReader
from notifier.store.fanouts import FanOuts
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.http.paging import LIMIT, parse_limit
from runtime.http.parameters import Parameter, is_dry_run
from runtime.process.clock import Clock

STATES: Final = ("waiting", "done", "dropped", "parked")
STATE: Final = Parameter("state", "in this state", {"type": "string", "enum": list(STATES)})


def build_fanout_router(
    fanouts: FanOuts, reader: JournalReader, guard: Guard, clock: Clock, wake: Callable[[], None]
) -> APIRouter:
    """To be included before the routes of single notices, whose ids these paths look like."""
    router = APIRouter(
        prefix="/api/v1/operator/notices/fanouts", tags=["operator"], route_class=ApiRoute
    )

    @router.get(
        "",
        response_class=Response,
        responses=answers(list[FanOutResponse]),
        openapi_extra=asks(STATE, LIMIT),
    )
    async def list_fanouts(request: Request) -> Response:
        """Newest first; with `state=parked` those whose followers were never told."""
        await guard(request)
        await reach(request, reader)
        state, limit = one_of(request, "state", STATES), parse_limit(request.query_params)
        async with tables():
            lines = await fanouts.lines(state, limit)
        return json_response([FanOutResponse(**line) for line in lines])

    @router.put(
        "/{position}/{event_index}",
        response_class=Response,
        responses=answers(FanOutResponse),
        openapi_extra=takes(RescheduleBody),
    )
    async def retry(request: Request) -> Response:
        """Ask UGC again, then; a parked one gets a new chance. 409 once it is through."""
        await guard(request)
        position = path_number(request, "position")
        place = position, path_number(request, "event_index", INTEGER_MAX)
        dry_run = is_dry_run(request)
        due_at = (await body_of(request, RescheduleBody)).not_before(clock())
        async with tables():
            done, line = await fanouts.retry(*place, due_at, dry_run=dry_run)
        if not dry_run:
            wake()
        if line is None:
            raise NotFound
        if not done:
            raise CommandRefused("notice_not_waiting", {"state": line["state"]})
        return json_response(FanOutResponse(**line))

    return router
