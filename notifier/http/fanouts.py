"""Serves fan-outs to operators: notices to an author's followers, before they are expanded."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.journal.places import EventPlace, parse_place, spell_place
from notifier.http.bodies import ParkedActBody, RescheduleBody
from notifier.http.edge import (
    INTEGER_MAX,
    Guard,
    document_answer,
    document_write,
    parse_path_number,
    read_body,
    unavailable_without_tables,
)
from notifier.http.outbox_rows import RowList, answer_change
from notifier.http.representations import FanOutResponse
from notifier.reader import NoticeReader
from notifier.store.operators.fanouts import FanOuts
from runtime.http.api_route import ApiRoute
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
    rows = RowList(STATES, FanOutResponse, fanouts.select, _spell, parse_place)

    @router.get(
        "",
        response_class=Response,
        responses=document_answer(list[FanOutResponse]),
        openapi_extra=rows.document,
    )
    async def list_fanouts(request: Request) -> Response:
        """Newest first; with `state=parked` those whose followers were never told."""
        await guard(request)
        return await rows.answer(request, reader)

    @router.put(
        "/{position}/{event_index}",
        response_class=Response,
        responses=document_answer(FanOutResponse),
        openapi_extra=document_write(RescheduleBody),
    )
    async def retry(request: Request) -> Response:
        """Ask UGC again at that time. A parked one gets a new chance. 409 if it is finished;
        `not_parked` if `only` is `parked` and it is not."""
        operator = await guard(request)
        place, dry_run = _place_in(request), is_dry_run(request)
        body, now = await read_body(request, RescheduleBody), clock()
        async with unavailable_without_tables():
            change = await fanouts.retry(
                place,
                body.not_before(now),
                body.sign(operator, now),
                only=body.only,
                dry_run=dry_run,
            )
        if not dry_run:
            wake()
        return answer_change(change, FanOutResponse, body.only)

    @router.delete(
        "/{position}/{event_index}",
        response_class=Response,
        responses=document_answer(FanOutResponse),
        openapi_extra=document_write(ParkedActBody),
    )
    async def drop(request: Request) -> Response:
        """Never tell the followers. Repeating changes nothing; 409 if it is finished;
        `not_parked` if `only` is `parked` and it is not."""
        operator = await guard(request)
        place, dry_run = _place_in(request), is_dry_run(request)
        body = await read_body(request, ParkedActBody)
        signature = body.sign(operator, clock())
        async with unavailable_without_tables():
            change = await fanouts.drop(place, signature, only=body.only, dry_run=dry_run)
        return answer_change(change, FanOutResponse, body.only)

    return router


def _place_in(request: Request) -> EventPlace:
    """Return the place that the path names. Raises NotFound."""
    position = parse_path_number(request, "position")
    return EventPlace(position, parse_path_number(request, "event_index", INTEGER_MAX))


def _spell(fanout: Mapping[str, Any]) -> str:
    return spell_place(EventPlace(fanout["position"], fanout["event_index"]))
