"""Serves analysts: ready and saved questions, SQL of their own, and exports.

All routes need the operator's or the analysts' token, wait for `min_position`, and answer 503
while ClickHouse is away. A question is broken off if its client goes away.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.errors import Malformed, Unavailable
from contracts.values.decoding import UNDECODABLE
from query_api.analysts.answers import (
    FORMAT,
    PLOT_WIDTH,
    Asked,
    PlotWanted,
    Shape,
    make_answer,
    parse_shape,
)
from query_api.analysts.asking import Asker
from query_api.analysts.encodings import ENCODERS, Encoder
from query_api.analysts.export import (
    TABLES,
    ExportEnd,
    PositionRange,
    count_rows,
    export_table,
    find_filling,
    guard_filling,
    stream_bare,
    stream_framed,
)
from query_api.analysts.questions import DAYS_OF_WEEK, OF_EVENINGS, WEEKDAY, ready_questions
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.client_leaving import finish_while_awaited
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.negotiation import language_of
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import (
    BOOLEAN,
    MIN_POSITION,
    POSITION,
    Parameter,
    describe_parameters,
    is_true,
    min_position_of,
)
from runtime.openapi.document import response_schema

NDJSON: Final = "application/x-ndjson"


class QuestionAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A question: SQL of one's own and how to draw the answer, or the name of a ready or saved
    question and values of its parameters."""

    sql: str | None = None
    plot: PlotWanted | None = None
    name: str | None = None
    parameters: dict[str, str] | None = None


NAME: Final = Parameter("name", "of a ready or saved question; without it the list of them")
ON: Final = Parameter(
    WEEKDAY,
    f"about evenings that begin on this day (UTC, 1 is Monday); of {', '.join(OF_EVENINGS)}",
    {"type": "integer", "minimum": 1, "maximum": DAYS_OF_WEEK},
)
PROGRESS: Final = Parameter("progress", "the file inside lines of JSON", BOOLEAN)
EXPORT_PARAMETERS: Final = (
    Parameter("table", "`events` by default", {"type": "string", "enum": sorted(TABLES)}),
    Parameter("format", "`ndjson` by default", {"type": "string", "enum": sorted(ENCODERS)}),
    Parameter("from", "first position", POSITION),
    Parameter("to", "last position", POSITION),
    PROGRESS,
)

QUESTION: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": response_schema(QuestionAsked)}},
    }
}


def build_router(
    asker: Asker, analytics: Analytics, history: HistoryReads, guard: OperatorGuard
) -> APIRouter:
    """Return the routes for analysts. `history` says how far ClickHouse has followed the
    journal."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)

    async def admit(request: Request) -> int:
        """Check the token and wait for `min_position`. Returns the position that the answer will
        reflect. Raises Unauthenticated, Malformed, ProjectionBehind and Unavailable."""
        guard.require(request)
        return await history.reach(min_position_of(request.query_params))

    async def answer_named(
        request: Request, name: str, given: Mapping[str, str], position: int, shape: Shape
    ) -> Response:
        question = await asker.find_for(name, given)
        answer = await finish_while_awaited(request, asker.ask(question, given))
        summary = question.summary(language_of(request))
        asked = Asked(question.sql, summary["plot"], summary)
        return await asyncio.to_thread(make_answer, answer, position, asked, shape)

    @router.get(
        "/ask",
        response_class=Response,
        openapi_extra={
            "parameters": describe_parameters(
                MIN_POSITION, NAME, FORMAT, PLOT_WIDTH, ON, *_question_parameters()
            )
        },
    )
    async def get_ask(request: Request) -> Response:
        """The list of ready and saved questions or, with `name`, the answer to one of them: as
        JSON, or as a file in another format. All further query parameters are that question's
        own. With `plot_width` the JSON has a drawing as well, `{"svg", "series"}`."""
        position = await admit(request)
        given = dict(request.query_params)
        shape = parse_shape(request.query_params)
        for one in (MIN_POSITION, FORMAT, PLOT_WIDTH):
            given.pop(one.name, None)
        name = given.pop(NAME.name, None)
        if name is None and given:
            raise Malformed("malformed_query", {"parameter": min(given), "reason": "no name"})
        if name is None:
            language = language_of(request)
            listed = [one.summary(language) for one in await asker.list_all()]
            return json_response({"questions": listed})
        return await answer_named(request, name, given, position, shape)

    @router.post(
        "/ask",
        response_class=Response,
        openapi_extra={
            **QUESTION,
            "parameters": describe_parameters(MIN_POSITION, FORMAT, PLOT_WIDTH),
        },
    )
    async def post_ask(request: Request) -> Response:
        """The answer to read-only SQL of your own, `{"sql": "SELECT ..."}`, where `plot` says how
        to draw it, or to a ready or saved question, `{"name", "parameters"}`."""
        position = await admit(request)
        shape = parse_shape(request.query_params)
        asked = await _read_question(request)
        if asked.name is not None:
            given = asked.parameters or {}
            return await answer_named(request, asked.name, given, position, shape)
        sql = asked.sql or ""
        answer = await finish_while_awaited(request, asker.ask_own(sql))
        own = Asked(sql, msgspec.to_builtins(asked.plot))
        return await asyncio.to_thread(make_answer, answer, position, own, shape)

    @router.get(
        "/export",
        response_class=Response,
        openapi_extra={"parameters": describe_parameters(MIN_POSITION, *EXPORT_PARAMETERS)},
    )
    async def get_export(request: Request) -> Response:
        """The rows of a table (`table`, `events` by default) from position `from` to `to`, in
        the format (`format`) ndjson, csv or parquet.

        With `progress=true` the file comes inside lines of JSON, `{"done", "of", "data"}` with
        base64. The last line has `ok`. The file is whole only if that is true, and the line then
        also has `rows`, `bytes`, `sha256`, the positions `from` and `to` that it covers, the
        newest `position`, and `filling`, the name of the version and pseudonyms of the rows.
        """
        position = await admit(request)
        table, encoder, positions = _parse_export(request, position)
        try:
            filling = await find_filling(analytics)
            rows = await count_rows(analytics, table, positions)
        except AnalyticsError as error:
            raise Unavailable from error
        parts = guard_filling(
            export_table(analytics, table, positions, encoder), analytics, filling
        )
        headers = {"X-Position": str(position), "X-Total-Rows": str(rows)}
        if is_true(request.query_params, PROGRESS.name):
            lines = stream_framed(parts, rows, ExportEnd(*positions, position, filling))
            return StreamingResponse(lines, media_type=NDJSON, headers=headers)
        return StreamingResponse(stream_bare(parts), media_type=encoder.media_type, headers=headers)

    return router


def _question_parameters() -> list[Parameter]:
    """Return the parameters of all ready questions, each name once. The summary of a question
    says which are its own."""
    return [
        Parameter(name, "of a ready question that has such a parameter")
        for name in sorted({p.name for one in ready_questions().values() for p in one.parameters})
    ]


async def _read_question(request: Request) -> QuestionAsked:
    """Return the question in the body. Raises Malformed."""
    try:
        asked = msgspec.json.decode(await read_json_body(request), type=QuestionAsked)
    except UNDECODABLE as error:
        raise Malformed("malformed_body", {"reason": str(error)}) from error
    if (asked.sql is None) == (asked.name is None):
        raise Malformed("malformed_body", {"reason": "either `sql` or `name`"})
    if asked.plot is not None and asked.sql is None:
        raise Malformed("malformed_body", {"reason": "`plot` goes with `sql`"})
    if asked.parameters is not None and asked.name is None:
        raise Malformed("malformed_body", {"reason": "`parameters` go with `name`"})
    return asked


def _parse_export(request: Request, newest: int) -> tuple[str, Encoder, PositionRange]:
    """Return what to export, and how. Raises Malformed."""
    given = request.query_params
    table, form = given.get("table", "events"), given.get("format", "ndjson")
    if table not in TABLES or form not in ENCODERS:
        known = {"tables": list(TABLES), "formats": list(ENCODERS)}
        raise Malformed("malformed_query", known)
    first = max(_parse_position(given.get("from", "1")), 1)
    last = newest if (to := given.get("to")) is None else _parse_position(to)
    if to is not None and last < first:
        raise Malformed("malformed_query", {"reason": "the range ends before it begins"})
    return table, ENCODERS[form](), PositionRange(first, min(last, newest))


def _parse_position(text: str) -> int:
    """Return the text as a position. Raises Malformed."""
    position = parse_whole_number(text)
    if position is None:
        raise Malformed("malformed_query", {"reason": f"not a position: {text[:40]}"})
    return position
