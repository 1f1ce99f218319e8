"""Serves those who need more than analysts: SQL on the history itself, each use recorded.

It takes a token of its own, not the operators'. Before a question runs, it is written down who
asked what and why; if that fails, nothing runs. Operators read the record.
"""

from typing import Annotated, Any, Final

import asyncpg
import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed, Unauthenticated
from contracts.values.decoding import UNDECODABLE
from query_api.analysts.asking import QuestionLimit, answer_or_refuse
from query_api.analysts.questions import version_of
from query_api.analysts.uses import UseOfHistory, UsesOfHistory
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.port import Analytics
from runtime.client_leaving import finish_while_awaited
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.numbers import parse_whole_number
from runtime.http.paging import CURSOR, LIMIT, cut_page, read_page
from runtime.http.parameters import MIN_POSITION, describe_parameters, min_position_of
from runtime.openapi.document import response_schema
from runtime.process.clock import Clock

# No NUL, which PostgreSQL cannot store.
OneLine = Annotated[
    str, msgspec.Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*\Z")
]
Sql = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=r"^[^\x00]*\Z")]


class Investigation(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a question to the history."""

    sql: Sql
    by: OneLine
    why: OneLine


BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["sql", "by", "why"],
                    "properties": {
                        name: {"type": "string", "minLength": 1} for name in ("sql", "by", "why")
                    },
                }
            }
        },
    },
    "parameters": describe_parameters(MIN_POSITION),
}
LISTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "newest first",
        "content": {"application/json": {"schema": response_schema(list[UseOfHistory])}},
    }
}


def build_router(
    pool: asyncpg.Pool,
    analytics: Analytics,
    history: HistoryReads,
    *,
    guard: OperatorGuard,
    investigators: OperatorGuard | None,
    clock: Clock,
) -> APIRouter:
    """Return the routes. Without `investigators` nobody asks the history."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)
    questions, uses = QuestionLimit(), UsesOfHistory(pool)

    @router.post("/ask/history", response_class=Response, openapi_extra=BODY)
    async def post_ask_history(request: Request) -> Response:
        """Answer read-only SQL from the history itself: `{"sql", "by", "why"}`. Takes the
        investigators' token, and records who asked what and why."""
        if investigators is None:
            raise Unauthenticated
        investigators.require(request)
        asked = await _read_investigation(request)
        position = await history.reach(min_position_of(request.query_params))
        await uses.record(clock(), asked.by, asked.why, asked.sql)
        with questions.admit():
            asking = answer_or_refuse(analytics.ask_own(asked.sql))
            answer = await finish_while_awaited(request, asking)
        body = {
            **answer._asdict(),
            "position": position,
            "version": version_of(asked.sql),
            "question": None,
        }
        return json_response(body, headers={"X-Position": str(position)})

    @router.get(
        "/ask/history",
        response_class=Response,
        responses=LISTED,
        openapi_extra={"parameters": describe_parameters(LIMIT, CURSOR, MIN_POSITION)},
    )
    async def get_uses(request: Request) -> Response:
        """List who asked the history what, when and why, newest first. For operators."""
        guard.require(request)
        await history.reach(min_position_of(request.query_params))
        limit, before = read_page(request.query_params, parse_whole_number, None)
        found = await uses.select(before, limit + 1)
        shown, headers = cut_page(request, found, limit, lambda use: str(use.id))
        return json_response(shown, headers=headers)

    return router


async def _read_investigation(request: Request) -> Investigation:
    """Return the body. Raises Malformed."""
    try:
        return msgspec.json.decode(await read_json_body(request), type=Investigation)
    except UNDECODABLE as error:
        raise Malformed("malformed_body", {"reason": str(error)}) from error
