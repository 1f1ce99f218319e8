"""Routes of the notifier: a person's own notices and wishes, and an operator's hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, get_args

from fastapi import APIRouter
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, Malformed, NotFound, Unavailable
from contracts.ids import canonical
from notifier.effects import Kind
from notifier.http.bodies import PreferencesBody, RescheduleBody
from notifier.http.representations import (
    NoticeResponse,
    OperatorNoticeResponse,
    notice_response,
    operator_notice_response,
)
from notifier.preferences import Preferences
from notifier.reader import JournalReader
from notifier.store.connection import TablesUnavailable
from notifier.store.ledger import Filter, Ledger, Line
from runtime.clock import Clock
from runtime.http import json_response, language_of, read_json_body
from runtime.openapi import response_schema
from runtime.problems import malformed_body
from runtime.tokens import TokenVerifier

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
MIN_POSITION_WAIT_S: Final = 2.0
STATES: Final = ("waiting", "sent", "dropped", "skipped", "cancelled", "parked")
REPRESENTATIONS: Final = (NoticeResponse, OperatorNoticeResponse, Preferences)

Guard = Callable[[Request], Awaitable[None]]
"""Raises Unauthenticated or Forbidden where the caller is no operator."""

Body = TypeVar("Body", bound=BaseModel)


def build_router(ledger: Ledger, reader: JournalReader, verifier: TokenVerifier) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["notifications"])

    @router.get("/notifications", response_class=Response, responses=_answers(list[NoticeResponse]))
    async def notifications(request: Request) -> Response:
        """My notices, newest first: what each tells of, why I got it, when it was sent or why
        not. Filters: `state`, `kind`, `announcement_id`; `limit`, `cursor`, `min_position`."""
        caller = await verifier.authenticate(request.headers.get("authorization"))
        wanted = _filter(request)._replace(recipient=caller.person_id)
        return await _page(request, ledger, reader, wanted, notice_response)

    @router.get("/preferences", response_class=Response, responses=_answers(Preferences))
    async def get_preferences(request: Request) -> Response:
        """My language, zone, quiet hours, and what I do not want to be told."""
        caller = await verifier.authenticate(request.headers.get("authorization"))
        async with _tables():
            return json_response(await ledger.wishes(caller.person_id))

    @router.put(
        "/preferences",
        response_class=Response,
        responses=_answers(Preferences),
        openapi_extra=_takes(PreferencesBody),
    )
    async def put_preferences(request: Request) -> Response:
        """Replace them as a whole; they hold for everything that is not yet sent."""
        caller = await verifier.authenticate(request.headers.get("authorization"))
        wishes = (await _body(request, PreferencesBody)).wishes()
        async with _tables():
            await ledger.wish(caller.person_id, wishes)
        return json_response(wishes)

    return router


def build_operator_router(
    ledger: Ledger, reader: JournalReader, guard: Guard, clock: Clock, wake: Callable[[], None]
) -> APIRouter:
    """`wake` is called when something may have become due."""
    router = APIRouter(prefix="/api/v1/operator/notices", tags=["operator"])

    @router.get("", response_class=Response, responses=_answers(list[OperatorNoticeResponse]))
    async def notices(request: Request) -> Response:
        """Everybody's; with `state=waiting` what is delayed. Filters as for one's own, and
        `recipient`."""
        await guard(request)
        return await _page(request, ledger, reader, _filter(request), operator_notice_response)

    @router.get("/{notice_id}", response_class=Response, responses=_answers(OperatorNoticeResponse))
    async def get_notice(request: Request) -> Response:
        await guard(request)
        return await _one(request, ledger)

    @router.put(
        "/{notice_id}",
        response_class=Response,
        responses=_answers(OperatorNoticeResponse),
        openapi_extra=_takes(RescheduleBody),
    )
    async def reschedule(request: Request) -> Response:
        """Send it at another time; what was missed, cancelled or parked gets a new chance.
        409 once it was sent."""
        await guard(request)
        due_at = max((await _body(request, RescheduleBody)).due_at, clock())
        async with _tables():
            done = await ledger.reschedule(_notice_id(request), due_at)
        wake()
        return await _one(request, ledger, changed=done)

    @router.delete(
        "/{notice_id}", response_class=Response, responses=_answers(OperatorNoticeResponse)
    )
    async def cancel(request: Request) -> Response:
        """Never send it. Repeating it changes nothing; 409 once it no longer waits."""
        await guard(request)
        async with _tables():
            done = await ledger.cancel(_notice_id(request))
            line = await ledger.line(_notice_id(request))
        already = line is not None and line["state"] == "cancelled"
        return await _one(request, ledger, changed=done or already)

    return router


async def _page(
    request: Request,
    ledger: Ledger,
    reader: JournalReader,
    wanted: Filter,
    render: Callable[[Line, Any], Any],
) -> Response:
    limit, before = _number(request, "limit", LIMIT_DEFAULT), _number(request, "cursor")
    if limit is None or not 1 <= limit <= LIMIT_MAX:
        raise Malformed("malformed_query", {"parameter": "limit"})
    wanted_seq = _number(request, "min_position")
    if wanted_seq is not None:
        await reader.reach(wanted_seq, MIN_POSITION_WAIT_S)
    position = reader.position.state.seq
    async with _tables():
        lines = await ledger.lines(wanted, before, limit + 1)
    shown = lines[:limit]
    headers = {"X-Position": str(position), "Cache-Control": "private, no-cache"}
    if len(lines) > limit:
        cursor = str(shown[-1]["id"])
        link = request.url.include_query_params(cursor=cursor)
        headers |= {"X-Next-Cursor": cursor, "Link": f'<{link.path}?{link.query}>; rel="next"'}
    language = language_of(request)
    return json_response([render(one, language) for one in shown], headers=headers)


async def _one(request: Request, ledger: Ledger, *, changed: bool = True) -> Response:
    """Raises NotFound, and CommandRefused where it is there but was not `changed`."""
    async with _tables():
        line = await ledger.line(_notice_id(request))
    if line is None:
        raise NotFound
    if not changed:
        raise CommandRefused("notice_not_waiting", {"state": line["state"]})
    return json_response(operator_notice_response(line, language_of(request)))


@asynccontextmanager
async def _tables() -> AsyncIterator[None]:
    try:
        yield
    except TablesUnavailable as error:
        raise Unavailable from error


async def _body(request: Request, kind: type[Body]) -> Body:
    try:
        return kind.model_validate_json(await read_json_body(request) or b"{}")
    except ValidationError as error:
        raise malformed_body(error.errors(include_url=False, include_input=False)) from error


def _filter(request: Request) -> Filter:
    """Raises Malformed."""
    given = request.query_params
    return Filter(
        recipient=_id(request, "recipient"),
        announcement_id=_id(request, "announcement_id"),
        state=_one_of(given.get("state"), "state", STATES),
        kind=_one_of(given.get("kind"), "kind", get_args(Kind)),
    )


def _id(request: Request, name: str) -> Any:
    given = request.query_params.get(name)
    found = None if given is None else canonical(given)
    if given is not None and found is None:
        raise Malformed("malformed_query", {"parameter": name})
    return found


def _one_of(given: str | None, name: str, known: tuple[str, ...]) -> str | None:
    if given is not None and given not in known:
        raise Malformed("malformed_query", {"parameter": name, "known": list(known)})
    return given


def _number(request: Request, name: str, default: int | None = None) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) <= 18):
        raise Malformed("malformed_query", {"parameter": name})
    return int(given)


def _notice_id(request: Request) -> int:
    """Raises NotFound for what is no id."""
    given = request.path_params["notice_id"]
    if not (given.isascii() and given.isdecimal() and len(given) <= 18):
        raise NotFound
    return int(given)


def _answers(kind: Any) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": response_schema(kind)}}
    return {200: {"description": "", "content": content}}


def _takes(kind: type[BaseModel]) -> dict[str, Any]:
    schema = kind.model_json_schema()
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}
