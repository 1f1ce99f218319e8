"""Serves publications to operators: what stands at which target, and what is stuck."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.ids import AnnouncementId
from notifier.http.bodies import RescheduleBody
from notifier.http.edge import (
    Guard,
    document_answer,
    document_read,
    document_write,
    read_body,
    unavailable_without_tables,
)
from notifier.http.outbox_rows import answer_change, answer_rows, choice_of_state
from notifier.http.representations import PublicationResponse
from notifier.reader import NoticeReader
from notifier.store.publications import Publications
from runtime.http.api_route import ApiRoute
from runtime.http.paging import LIMIT
from runtime.http.parameters import is_dry_run, path_id
from runtime.process.clock import Clock

STATES: Final = ("waiting", "sending", "done", "unsettled", "parked")


def build_publication_router(
    publications: Publications, reader: NoticeReader, guard: Guard, clock: Clock
) -> APIRouter:
    """Return the routes.

    Include them before the routes of single notices, which would take `publications` for an id.
    """
    router = APIRouter(
        prefix="/api/v1/operator/notices/publications", tags=["operator"], route_class=ApiRoute
    )

    @router.get(
        "",
        response_class=Response,
        responses=document_answer(list[PublicationResponse]),
        openapi_extra=document_read(choice_of_state(STATES), LIMIT),
    )
    async def list_publications(request: Request) -> Response:
        """Newest change first; with `state=unsettled` those that may have arrived or not."""
        await guard(request)
        return await answer_rows(request, reader, STATES, publications.select, PublicationResponse)

    @router.put(
        "/{announcement_id}/{target}",
        response_class=Response,
        responses=document_answer(PublicationResponse),
        openapi_extra=document_write(RescheduleBody),
    )
    async def retry_publication(request: Request) -> Response:
        """Send it at that time. An unsettled one counts as not arrived from now on: look at the
        target before. 409 if it is done or being sent."""
        operator = await guard(request)
        announcement_id = AnnouncementId(path_id(request, "announcement_id"))
        place = announcement_id, str(request.path_params["target"])
        dry_run = is_dry_run(request)
        body, now = await read_body(request, RescheduleBody), clock()
        async with unavailable_without_tables():
            change = await publications.retry(
                place, body.not_before(now), body.sign(operator, now), dry_run=dry_run
            )
        return answer_change(change, PublicationResponse)

    return router
