"""Serves dead letters to operators, who list, retry and drop them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from operator import attrgetter
from typing import Annotated, Any, Final, Protocol

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed, NotFound, ProjectionBehind, Unavailable
from contracts.journal.places import EventPlace, parse_place
from contracts.values.decoding import UNDECODABLE
from runtime.auth.operators import sign
from runtime.dead_letters.table import FIRST, DeadLetters, StoppedKey, StoppedKeyInFull
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.paging import CURSOR, LIMIT, LIMIT_MAX, cut_page, read_page
from runtime.http.parameters import (
    DRY_RUN,
    MIN_POSITION,
    MIN_POSITION_WAIT_S,
    describe_parameters,
    is_dry_run,
    min_position_of,
)
from runtime.openapi.document import response_schema
from runtime.postgres.tables import TablesUnavailable
from runtime.progress.ndjson import LINES, answer_lines
from runtime.progress.reporting import ReportLine

Guard = Callable[[Request], Awaitable[str | None]]
"""Returns the name of the operator, None if the token names nobody. Raises Unauthenticated if the
caller is no operator."""
Answer = dict[int | str, dict[str, Any]]
"""`responses` of a route."""

# No NUL, which PostgreSQL cannot store.
Signature = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*\Z")
]


class DropBody(msgspec.Struct, forbid_unknown_fields=True):
    """States who gives an event up."""

    by: Signature | None = None


SIGNED: Final = {
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"by": {"type": "string", "minLength": 1}}}
        }
    }
}


class ServiceWithDeadLetters(Protocol):
    """A reader of the journal that parks events."""

    @property
    def dead_letters(self) -> DeadLetters: ...

    @property
    def position(self) -> int:
        """Position up to which the store has followed the journal."""
        ...

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Wait until the store is at `seq`. Returns False if it is not after `wait_s` seconds."""
        ...

    def retry(
        self, place: EventPlace | None, by: str | None = None, *, dry_run: bool
    ) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress, then the result: of the key of one dead letter, or of all.
        Raises AlreadyRunning beside another retry, Unavailable on a standby, and NotFound."""
        ...

    async def drop(self, place: EventPlace, by: str | None, *, dry_run: bool) -> None:
        """Give up a parked event for good. Raises as `retry` does, and CommandRefused."""
        ...


def build_dead_letter_router(
    prefix: str, service: ServiceWithDeadLetters, guard: Guard
) -> APIRouter:
    """Return the routes under this path."""
    router = APIRouter(prefix=prefix, tags=["operator"], route_class=ApiRoute)
    letters = service.dead_letters

    async def wait(request: Request) -> None:
        await guard(request)
        wanted = min_position_of(request.query_params)
        if not await service.reach(wanted, MIN_POSITION_WAIT_S):
            raise ProjectionBehind(wanted, service.position)

    @router.get(
        "",
        response_class=Response,
        responses=_document(list[StoppedKey]),
        openapi_extra={"parameters": describe_parameters(LIMIT, CURSOR, MIN_POSITION)},
    )
    async def list_dead_letters(request: Request) -> Response:
        """List the events that stopped a key, in the order of the journal. `parked` says how many
        of the key stand still because of each."""
        await wait(request)
        limit, after = read_page(request.query_params, parse_place, FIRST)
        try:
            found = await letters.select(after, limit + 1)
        except TablesUnavailable as error:
            raise Unavailable from error
        shown, headers = cut_page(request, found, limit, attrgetter("id"))
        return json_response(shown, headers=headers)

    @router.get(
        "/{letter_id}",
        response_class=Response,
        responses=_document(StoppedKeyInFull),
        openapi_extra={"parameters": describe_parameters(LIMIT, CURSOR, MIN_POSITION)},
    )
    async def get_dead_letter(request: Request) -> Response:
        """One parked event, with the `events` of its key in the order of the journal, page after
        page."""
        await wait(request)
        limit, after = read_page(request.query_params, parse_place, FIRST)
        try:
            found = await letters.find(_place_in(request), after, limit + 1)
        except TablesUnavailable as error:
            raise Unavailable from error
        events, headers = cut_page(request, found.events, limit, attrgetter("id"))
        shown = msgspec.structs.replace(found, events=events)
        return json_response(shown, headers=headers)

    @router.post(
        "/retry",
        response_class=Response,
        responses=LINES,
        openapi_extra={"parameters": describe_parameters(DRY_RUN)},
    )
    async def retry_all(request: Request) -> Response:
        """Fold all that is parked as this build does, one key after another, 1,000 keys at most.
        With `dry_run` the result says how many events could be folded.

        409 beside another retry, or what takes the tables as a whole; 503 on a standby."""
        operator = await guard(request)
        return await answer_lines(service.retry(None, operator, dry_run=is_dry_run(request)))

    @router.post(
        "/{letter_id}/retry",
        response_class=Response,
        responses=LINES,
        openapi_extra={"parameters": describe_parameters(DRY_RUN)},
    )
    async def retry(request: Request) -> Response:
        """Fold the parked events of this one's key as this build does. The first that still
        cannot be folded stays, with all behind it.

        409 beside another retry, or what takes the tables as a whole; 503 on a standby."""
        operator, dry_run = await guard(request), is_dry_run(request)
        return await answer_lines(service.retry(_place_in(request), operator, dry_run=dry_run))

    @router.delete(
        "/{letter_id}",
        response_class=Response,
        responses=_document(StoppedKeyInFull),
        openapi_extra={"parameters": describe_parameters(DRY_RUN), "requestBody": SIGNED},
    )
    async def drop(request: Request) -> Response:
        """Give the event up for good: it is never folded again. Those behind it follow at the
        next retry. 409 `earlier_event_parked` if it is not the first of its key, and
        `erasure_not_droppable` if it is the erasure of a person."""
        operator = await guard(request)
        dry_run, place, body = is_dry_run(request), _place_in(request), await _read_body(request)
        try:
            shown = await letters.find(place, FIRST, LIMIT_MAX)
            await service.drop(place, sign(operator, body.by), dry_run=dry_run)
        except TablesUnavailable as error:
            raise Unavailable from error
        return json_response(shown)

    return router


def _document(kind: Any) -> Answer:
    content = {"application/json": {"schema": response_schema(kind)}}
    return {200: {"description": "", "content": content}}


async def _read_body(request: Request) -> DropBody:
    """Return the body; it may be empty. Raises Malformed."""
    try:
        return msgspec.json.decode(await read_json_body(request) or b"{}", type=DropBody)
    except UNDECODABLE as error:
        raise Malformed("malformed_body", {"reason": str(error)}) from error


def _place_in(request: Request) -> EventPlace:
    """Return the place that the path names. Raises NotFound."""
    found = parse_place(request.path_params["letter_id"])
    if found is None:
        raise NotFound
    return found
