"""Serves the leader's side of forwarding. The API document does not show these routes."""

from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from command_api.http.peers.wire import (
    BATCH_PATH,
    BODY_BYTES_MAX,
    COMMAND_BYTES_MAX,
    COMMAND_PATH,
    FORWARD_S_MAX,
    RENEWAL_PATH,
    SECRET_HEADER,
    ForwardedAnswer,
    ForwardedSubmission,
    decode_question,
    decode_submission,
    decode_submissions,
    encode,
    encode_answers,
)
from command_api.leader.answering import Answering
from command_api.leader.ports import Answer
from command_api.renewal.renewals import Renewals
from contracts.errors import CommandError, Forbidden, Malformed, NoLeader
from contracts.values.decoding import UNDECODABLE
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import JSON, read_peers_json_body

T = TypeVar("T")


def build_internal_router(answering: Answering, renewals: Renewals, secret: str) -> APIRouter:
    """Return the routes to which followers forward."""
    router = APIRouter(include_in_schema=False, route_class=ApiRoute)

    async def read(request: Request, bytes_max: int, decode: Callable[[bytes], T]) -> T:
        """Return the body of a peer's request. Raises Forbidden without the cell's secret, and
        Malformed."""
        if not compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            raise Forbidden
        body = await read_peers_json_body(request, bytes_max)
        try:
            return decode(body)
        except UNDECODABLE as error:
            raise Malformed("malformed_request") from error

    @router.post(RENEWAL_PATH)
    async def answer_renewal(request: Request) -> Response:
        question = await read(request, COMMAND_BYTES_MAX, decode_question)
        answer = await renewals.ask(begin=question.begin, by=question.by, forwarded=True)
        return Response(encode(answer), media_type=JSON)

    @router.post(COMMAND_PATH)
    async def answer_forwarded(request: Request) -> Response:
        forwarded = await read(request, COMMAND_BYTES_MAX, decode_submission)
        (result,) = await _answer_all(answering, [forwarded])
        return Response(encode(ForwardedAnswer.of(result)), media_type=JSON)

    @router.post(BATCH_PATH)
    async def answer_batch(request: Request) -> Response:
        batch = await read(request, BODY_BYTES_MAX, decode_submissions)
        results = await _answer_all(answering, batch)
        return Response(encode_answers(results), media_type=JSON)

    return router


async def _answer_all(
    answering: Answering, batch: Sequence[ForwardedSubmission | Malformed]
) -> list[Answer | CommandError]:
    """Return the result of each, in order."""
    checked = [_refuse_late(one) for one in batch]
    wanted = [one for one in checked if isinstance(one, ForwardedSubmission)]
    deadline_s = min(max((one.timeout_s for one in wanted), default=0.0), FORWARD_S_MAX)
    answers = iter(await answering.submit_forwarded([one.submission for one in wanted], deadline_s))
    return [next(answers) if isinstance(one, ForwardedSubmission) else one for one in checked]


def _refuse_late(
    one: ForwardedSubmission | Malformed,
) -> ForwardedSubmission | Malformed | NoLeader:
    """Return what was read, or NoLeader if the sender does not wait for it any more."""
    late = isinstance(one, ForwardedSubmission) and one.timeout_s <= 0
    return NoLeader() if late else one
