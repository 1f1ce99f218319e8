"""Lets analysts save questions of their own: SQL with a name, parameters and a plot."""

from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Forbidden, Malformed, NotFound
from contracts.values.decoding import UNDECODABLE
from query_api.analysts.asking import Asker, NamedQuestion
from query_api.analysts.questions import ready_questions
from query_api.analysts.saved_questions import QuestionName, QuestionText, SavedQuestion
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.client_leaving import finish_while_awaited
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.negotiation import language_of
from runtime.http.parameters import MIN_POSITION, describe_parameters, min_position_of
from runtime.openapi.document import response_schema
from runtime.process.clock import Clock

BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": response_schema(QuestionText)}},
    }
}


def build_router(
    asker: Asker, history: HistoryReads, guard: OperatorGuard, clock: Clock
) -> APIRouter:
    """Return the routes. `history` waits for a `min_position`; `clock` says when a question was
    saved."""
    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)

    @router.get(
        "/ask/questions/{name}",
        response_class=Response,
        openapi_extra={"parameters": describe_parameters(MIN_POSITION)},
    )
    async def get_question(request: Request) -> Response:
        """A ready or saved question with its SQL. Answers with its `version` come from it."""
        guard.require(request)
        await history.reach(min_position_of(request.query_params))
        question = await asker.find(request.path_params["name"])
        return json_response(_describe(question, request))

    @router.put("/ask/questions/{name}", response_class=Response, openapi_extra=BODY)
    async def put_question(request: Request) -> Response:
        """Save a question, in the place of an earlier one with its name: 201 if it is new. It is
        asked once with its defaults, and saved if it was answered and can be drawn. 403
        `question_name_taken` if a ready question has the name, `too_many_saved_questions`."""
        guard.require(request)
        name = _parse_name(request.path_params["name"])
        question = SavedQuestion(name, await _read_text(request), clock())
        await finish_while_awaited(request, asker.try_out(question))
        is_new = await asker.saved.save(question)
        return json_response(_describe(question, request), 201 if is_new else 200)

    @router.delete("/ask/questions/{name}", response_class=Response, status_code=204)
    async def delete_question(request: Request) -> Response:
        """Delete a saved question. 403 `question_name_taken` for a ready one, which stays."""
        guard.require(request)
        await asker.saved.delete(_parse_name(request.path_params["name"]))
        return Response(status_code=204)

    return router


def _describe(question: NamedQuestion, request: Request) -> dict[str, Any]:
    return {**question.summary(language_of(request)), "sql": question.sql}


def _parse_name(text: str) -> str:
    """Return the text if a saved question can have it as its name. Raises Forbidden for that of a
    ready question, and NotFound if no question can be called so."""
    if text in ready_questions():
        raise Forbidden("question_name_taken", {"name": text})
    try:
        return msgspec.convert(text, QuestionName)
    except msgspec.ValidationError as error:
        raise NotFound from error


async def _read_text(request: Request) -> QuestionText:
    """Return the question in the body. Raises Malformed."""
    try:
        return msgspec.json.decode(await read_json_body(request), type=QuestionText)
    except UNDECODABLE as error:
        raise Malformed("malformed_body", {"reason": str(error)}) from error
