"""Serves fan-outs to operators: notices to an author's followers, before they are expanded."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from notifier.http.bodies import RescheduleBody
from notifier.http.edge import (
    INTEGER_MAX,
    Guard,
    document_answer,
    document_read,
    document_write,
    parse_path_number,
    read_body,
    unavailable_without_tables,
)
from notifier.http.outbox_rows import answer_change, answer_rows, choice_of_state
from notifier.http.representations import FanOutResponse
from notifier.reader import NoticeReader
from notifier.store.operators.fanouts import FanOuts
from runtime.http.api_route import ApiRoute
from runtime.http.paging import LIMIT
from runtime.http.parameters import is_dry_run
from runtime.process.clock import Clock

STATES: Final = ("waiting", "done", "dropped", "parked")


def build_fanout_router(
    fanouts: FanOuts, reader: NoticeReader, guard: Guard, clock: Clock, wake: Callable[[], None]
) -> APIRouter:
    """Return the routes. `wake` is called if something may be due now.

    Include them before the routes of single notices, which would take `fanouts` for an id.
    """
    router = APIRouter(
        prefix="/api/v1/operator/notices/fanouts", tags=["operator"], route_class=ApiRoute
    )

    @router.get(
        "",
        response_class=Response,
        responses=document_answer(list[FanOutResponse]),
        openapi_extra=document_read(choice_of_state(STATES), LIMIT),
    )
    async def list_fanouts(request: Request) -> Response:
        """Newest first; with `state=parked` those whose followers were never told."""
        await guard(request)
        return await answer_rows(request, reader, STATES, fanouts.select, FanOutResponse)

    @router.put(
        "/{position}/{event_index}",
        response_class=Response,
        responses=document_answer(FanOutResponse),
        openapi_extra=document_write(RescheduleBody),
    )
    async def retry(request: Request) -> Response:
        """Ask UGC again at that time. A parked one gets a new chance. 409 if it is finished."""
        operator = await guard(request)
        position = parse_path_number(request, "position")
        place = position, parse_path_number(request, "event_index", INTEGER_MAX)
        dry_run = is_dry_run(request)
        body, now = await read_body(request, RescheduleBody), clock()
        async with unavailable_without_tables():
            change = await fanouts.retry(
                place, body.not_before(now), body.sign(operator, now), dry_run=dry_run
            )
        if not dry_run:
            wake()
        return answer_change(change, FanOutResponse)

    return router
