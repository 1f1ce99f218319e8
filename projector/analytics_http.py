"""Operator routes for analysts: ready questions, one's own SQL, exports."""

import base64
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from hashlib import sha256
from typing import Any, Final, Protocol

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.errors import (
    Forbidden,
    Malformed,
    NotFound,
    ProjectionBehind,
    RateLimited,
    Unavailable,
)
from projector.analytics.encodings import ENCODERS
from projector.analytics.export import TABLES, Part, Range, export, row_count
from projector.analytics.questions import BadParameter, Question, ready_questions
from runtime.api_route import ApiRoute
from runtime.clickhouse import (
    Analytics,
    AnalyticsError,
    AnalyticsUnavailable,
    Answer,
    OwnSqlBarred,
    QueryRefused,
)
from runtime.http import json_response, read_json_body
from runtime.numbers import whole_number
from runtime.parameters import (
    BOOLEAN,
    MIN_POSITION,
    MIN_POSITION_WAIT_S,
    POSITION,
    is_true,
    min_position_of,
    query,
)
from runtime.parameters import Parameter as QueryParameter
from runtime.tail import Position

log = logging.getLogger(__name__)

NDJSON: Final = "application/x-ndjson"
WAITING_MAX: Final = 16
"""Questions that run or wait for their turn; one more is told to come back."""
WAIT_AGAIN_S: Final = 10
FRAME_BYTES_MAX: Final = 192 * 1024

Guard = Callable[[Request], Awaitable[None]]
"""Raises Unauthenticated or Forbidden where the caller is no operator."""


class Followed(Protocol):
    """How far the history is."""

    @property
    def position(self) -> Position: ...

    @property
    def tables_available(self) -> bool: ...

    async def reach(self, seq: int, wait_s: float) -> bool: ...


class OwnQuestion(msgspec.Struct, forbid_unknown_fields=True):
    sql: str


NAME: Final = QueryParameter("name", "of a ready question; without it the list of them")
PROGRESS: Final = QueryParameter("progress", "the file inside lines of JSON", BOOLEAN)
EXPORT_PARAMETERS: Final = (
    QueryParameter("table", "`events` by default", {"type": "string", "enum": sorted(TABLES)}),
    QueryParameter("format", "`ndjson` by default", {"type": "string", "enum": sorted(ENCODERS)}),
    QueryParameter("from", "first position", POSITION),
    QueryParameter("to", "last position", POSITION),
    PROGRESS,
)

OWN_QUESTION: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["sql"],
                    "properties": {"sql": {"type": "string"}},
                }
            }
        },
    }
}


def build_router(analytics: Analytics, history: Followed, guard: Guard) -> APIRouter:
    """All routes answer 503 while ClickHouse does not, and take `min_position`."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)
    waiting = 0

    async def admit(request: Request) -> int:
        """The position that the answer reflects. Raises what the client is to be told."""
        await guard(request)
        if not history.tables_available:
            raise Unavailable
        wanted = min_position_of(request.query_params)
        if not await history.reach(wanted, MIN_POSITION_WAIT_S):
            raise ProjectionBehind(wanted, history.position.state.seq)
        return history.position.state.seq

    async def answered(asking: Awaitable[Answer]) -> Answer:
        try:
            return await asking
        except QueryRefused as error:
            raise Malformed("malformed_query", {"reason": str(error)}) from error
        except OwnSqlBarred as error:
            raise Forbidden("own_sql_barred", {"reason": error.reason}) from error
        except AnalyticsUnavailable as error:
            raise Unavailable from error

    @asynccontextmanager
    async def place_in_line() -> AsyncGenerator[None, None]:
        """The engine takes a few questions at a time."""
        nonlocal waiting
        if waiting >= WAITING_MAX:
            raise RateLimited(WAIT_AGAIN_S)
        waiting += 1
        try:
            yield
        finally:
            waiting -= 1

    @router.get(
        "/ask",
        response_class=Response,
        openapi_extra={"parameters": query(MIN_POSITION, NAME, *_of_questions())},
    )
    async def get_ask(request: Request) -> Response:
        """Without `name` the list of ready questions; with it, its answer. Further query
        parameters are the question's own."""
        position = await admit(request)
        given = dict(request.query_params)
        given.pop(MIN_POSITION.name, None)
        name = given.pop(NAME.name, None)
        if name is None and given:
            raise Malformed("malformed_query", {"parameter": min(given), "reason": "no name"})
        if name is None:
            return json_response({"questions": [one.summary() for one in _questions()]})
        question = ready_questions().get(name)
        if question is None:
            raise NotFound
        bindings = _bindings(question, given)
        async with place_in_line():
            answer = await answered(analytics.ask(question.sql, bindings))
        return _answer(answer, position, question.summary())

    @router.post(
        "/ask",
        response_class=Response,
        openapi_extra={**OWN_QUESTION, "parameters": query(MIN_POSITION)},
    )
    async def post_ask(request: Request) -> Response:
        """One's own read-only SQL: `{"sql": "SELECT ..."}`."""
        position = await admit(request)
        sql = await _own_sql(request)
        async with place_in_line():
            answer = await answered(analytics.ask_own(sql))
        return _answer(answer, position, None)

    @router.get(
        "/export",
        response_class=Response,
        openapi_extra={"parameters": query(MIN_POSITION, *EXPORT_PARAMETERS)},
    )
    async def get_export(request: Request) -> Response:
        """A table (`table`, `events` by default) by positions `from` to `to`, as `format`
        ndjson, csv or parquet.

        With `progress=true` the file comes inside lines of JSON, `{"done", "of", "data"}`
        with base64, and the last line says `ok`, `rows`, `bytes` and `sha256`: only then is
        the file whole.
        """
        position = await admit(request)
        table, encoder_type, positions = _wanted(request, position)
        try:
            rows = await row_count(analytics, table, positions)
        except AnalyticsError as error:
            raise Unavailable from error
        encoder = encoder_type()
        parts = export(analytics, table, positions, encoder)
        headers = {"X-Position": str(position), "X-Total-Rows": str(rows)}
        if is_true(request.query_params, PROGRESS.name):
            return StreamingResponse(_framed(parts, rows), media_type=NDJSON, headers=headers)
        return StreamingResponse(_bare(parts), media_type=encoder.media_type, headers=headers)

    return router


def _of_questions() -> list[QueryParameter]:
    """The parameters of all ready questions: which of them a question has, it says itself."""
    return [
        QueryParameter(name, "of a ready question that has such a parameter")
        for name in sorted({one.name for asked in _questions() for one in asked.parameters})
    ]


def _questions() -> list[Question]:
    return list(ready_questions().values())


def _bindings(question: Question, given: Mapping[str, str]) -> dict[str, Any]:
    try:
        return question.bindings(given)
    except BadParameter as error:
        raise Malformed("malformed_query", {"reason": str(error)}) from error


async def _own_sql(request: Request) -> str:
    try:
        return msgspec.json.decode(await read_json_body(request), type=OwnQuestion).sql
    except msgspec.MsgspecError as error:
        raise Malformed("malformed_body", {"reason": str(error)}) from error


def _answer(answer: Answer, position: int, question: dict[str, Any] | None) -> Response:
    body = {**answer._asdict(), "position": position, "question": question}
    return json_response(body, headers={"X-Position": str(position)})


def _wanted(request: Request, newest: int) -> tuple[str, Any, Range]:
    """Raises Malformed."""
    given = request.query_params
    table, form = given.get("table", "events"), given.get("format", "ndjson")
    if table not in TABLES or form not in ENCODERS:
        known = {"tables": list(TABLES), "formats": list(ENCODERS)}
        raise Malformed("malformed_query", known)
    first, last = _whole(given.get("from", "1")), _whole(given.get("to", str(newest)))
    return table, ENCODERS[form], Range(max(first, 1), min(last, newest))


def _whole(position: str) -> int:
    """Raises Malformed."""
    found = whole_number(position)
    if found is None:
        raise Malformed("malformed_query", {"reason": f"not a position: {position[:40]}"})
    return found


async def _bare(parts: AsyncGenerator[Part, None]) -> AsyncGenerator[bytes, None]:
    """A failure cuts the connection, so that half a file is not taken for a whole one."""
    async with aclosing(parts):
        async for part in parts:
            yield part.data


async def _framed(parts: AsyncGenerator[Part, None], rows: int) -> AsyncGenerator[bytes, None]:
    digest = sha256()
    size = done = 0
    try:
        async with aclosing(parts):
            async for part in parts:
                digest.update(part.data)
                size, done = size + len(part.data), part.done
                for start in range(0, len(part.data), FRAME_BYTES_MAX):
                    data = part.data[start : start + FRAME_BYTES_MAX]
                    yield _line({"done": done, "of": rows, "data": base64.b64encode(data).decode()})
    except AnalyticsError as error:
        log.warning("export broken off", extra={"reason": str(error)})
        yield _line({"ok": False, "problem": str(error)})
    else:
        yield _line({"ok": True, "rows": done, "bytes": size, "sha256": digest.hexdigest()})


def _line(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value) + b"\n"
