"""Serves publications to operators: what stands at which target, and what is stuck."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.ids import AnnouncementId, canonical_uuid
from contracts.values.targets import TARGET_NAME, TargetName
from notifier.http.bodies import RescheduleBody
from notifier.http.edge import (
    Guard,
    document_answer,
    document_write,
    read_body,
    unavailable_without_tables,
)
from notifier.http.outbox_rows import RowList, answer_change
from notifier.http.representations import PublicationResponse
from notifier.reader import NoticeReader
from notifier.store.publications import PublicationPlace, Publications
from runtime.http.api_route import ApiRoute
from runtime.http.parameters import is_dry_run, path_id
from runtime.process.clock import Clock

STATES: Final = ("waiting", "sending", "done", "unsettled", "parked")
_PLACE: Final = re.compile(
    rf"(?P<revision>[0-9]{{1,18}})-(?P<id>[0-9a-f-]{{36}})-(?P<target>{TARGET_NAME[1:-1]})"
)


def build_publication_router(
    publications: Publications, reader: NoticeReader, guard: Guard, clock: Clock
) -> APIRouter:
    """Return the routes.

    Include them before the routes of single notices, which would take `publications` for an id.
    """
    router = APIRouter(
        prefix="/api/v1/operator/notices/publications", tags=["operator"], route_class=ApiRoute
    )

    rows = RowList(STATES, PublicationResponse, publications.select, _spell, _parse)

    @router.get(
        "",
        response_class=Response,
        responses=document_answer(list[PublicationResponse]),
        openapi_extra=rows.document,
    )
    async def list_publications(request: Request) -> Response:
        """Newest change first; with `state=unsettled` those that may have arrived or not."""
        await guard(request)
        return await rows.answer(request, reader)

    @router.put(
        "/{announcement_id}/{target}",
        response_class=Response,
        responses=document_answer(PublicationResponse),
        openapi_extra=document_write(RescheduleBody),
    )
    async def retry_publication(request: Request) -> Response:
        """Send it at that time. An unsettled one counts as not arrived from now on: look at the
        target before. 409 if it is done or being sent; `not_parked` if `only` is
        `parked` and it is not."""
        operator = await guard(request)
        announcement_id = AnnouncementId(path_id(request, "announcement_id"))
        place = announcement_id, str(request.path_params["target"])
        dry_run = is_dry_run(request)
        body, now = await read_body(request, RescheduleBody), clock()
        async with unavailable_without_tables():
            change = await publications.retry(
                place,
                body.not_before(now),
                body.sign(operator, now),
                only=body.only,
                dry_run=dry_run,
            )
        return answer_change(change, PublicationResponse, body.only)

    return router


def _spell(publication: Mapping[str, Any]) -> str:
    names = ("position", "announcement_id", "target")
    return "-".join(str(publication[name]) for name in names)


def _parse(cursor: str) -> PublicationPlace | None:
    found = _PLACE.fullmatch(cursor)
    announcement_id = None if found is None else canonical_uuid(found["id"])
    if found is None or announcement_id is None:
        return None
    return PublicationPlace(
        int(found["revision"]), AnnouncementId(announcement_id), TargetName(found["target"])
    )
