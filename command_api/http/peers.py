"""Between the command processes of a cell: a follower has the leader answer.

Commands travel once (the receiver never forwards), authenticated by a secret that the
processes of a cell share, with the time the sender will still wait. What was decided
comes back as it would have been given locally, errors included.

A Claim names its leader's address, and whoever can append to the journal can write one. So
commands and the secret go to the addresses of the settings only.
"""

import logging
from collections.abc import Iterable
from hmac import compare_digest
from typing import Any, Final

import aiohttp
import msgspec
from fastapi import APIRouter
from msgspec import Raw, Struct
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.submission import Submission
from command_api.leader.answering import Answering
from command_api.leader.ports import Answer
from contracts.error_codes import ErrorCode
from contracts.errors import (
    CommandError,
    Forbidden,
    KeyReused,
    Malformed,
    NeedsFact,
    NoLeader,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    StaleVersion,
    TooLarge,
)
from contracts.journal.records import Outcome
from runtime.calls.bounded_reading import AnswerTooLarge, read_bounded
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import JSON, read_json_body

log = logging.getLogger(__name__)

PATH: Final = "/internal/commands"
SECRET_HEADER: Final = "X-Practix-Cell-Secret"
FORWARD_S_MAX: Final = 30.0
CONNECT_S_MAX: Final = 2.0
FORWARD_BYTES_MAX: Final = 256 * 1024
ANSWER_BYTES_MAX: Final = 16_000_000
"""Far more than an evening with its whole guest list takes."""

_ERRORS: Final[dict[str, type[CommandError]]] = {
    kind.__name__: kind
    for kind in (
        Forbidden,
        KeyReused,
        Malformed,
        NeedsFact,
        NoLeader,
        NotFound,
        OutcomeUnknown,
        RateLimited,
        StaleVersion,
        TooLarge,
    )
}


class Forward(Struct, frozen=True):
    submission: Submission
    timeout_s: float


class Reply(Struct, frozen=True, omit_defaults=True):
    """An answer, or the error that took its place."""

    outcome: Outcome | None = None
    position: int = 0
    body: Raw = Raw()
    replayed: bool = False
    error: str | None = None
    code: ErrorCode | None = None
    facts: dict[str, Any] = {}


_encode: Final = msgspec.json.Encoder().encode
_decode_forward: Final = msgspec.json.Decoder(Forward).decode
_decode_reply: Final = msgspec.json.Decoder(Reply).decode


class HttpPeers:
    """The `Peers` port over HTTP, to the processes at `addresses` and nobody else."""

    def __init__(
        self, session: aiohttp.ClientSession, secret: str, addresses: Iterable[str]
    ) -> None:
        self._session = session
        self._secret = secret
        self._addresses = frozenset(map(_plain, addresses))
        self._refusals: dict[str, int] = {}
        """The status with which a peer last refused; each is logged once in a row."""

    def knows(self, leader_url: str) -> bool:
        return _plain(leader_url) in self._addresses

    async def forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        """The leader's answer. Raises NoLeader if the leader is none of ours, was not
        reached or refused the request, and OutcomeUnknown if it may have decided."""
        if not self.knows(leader_url):
            log.error("the leader is not one of the configured peers", extra={"url": leader_url})
            raise NoLeader
        timeout_s = min(timeout_s, FORWARD_S_MAX)
        try:
            async with self._session.post(
                _plain(leader_url) + PATH,
                data=_encode(Forward(submission, timeout_s)),
                headers={SECRET_HEADER: self._secret, "Content-Type": JSON},
                timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S_MAX),
                allow_redirects=False,
            ) as response:
                reply = await read_bounded(response, ANSWER_BYTES_MAX)
                status = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise NoLeader from None
        except (aiohttp.ClientError, AnswerTooLarge, TimeoutError):
            raise OutcomeUnknown from None
        if 400 <= status < 500:
            self._note_refusal(_plain(leader_url), status)
            raise NoLeader
        if status != 200:
            raise OutcomeUnknown
        self._refusals.pop(_plain(leader_url), None)
        try:
            return _answer(_decode_reply(reply))
        except msgspec.MsgspecError as error:
            raise OutcomeUnknown from error

    def _note_refusal(self, address: str, status: int) -> None:
        if self._refusals.get(address) != status:
            self._refusals[address] = status
            log.error("the peer %s refuses commands with status %d", address, status)


def build_internal_router(answering: Answering, secret: str) -> APIRouter:
    """Where the followers' commands arrive. Not part of the public document."""
    router = APIRouter(include_in_schema=False, route_class=ApiRoute)

    @router.post(PATH)
    async def answer_forwarded(request: Request) -> Response:
        if not compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            raise Forbidden
        try:
            forward = _decode_forward(await read_json_body(request, FORWARD_BYTES_MAX))
        except msgspec.MsgspecError as error:
            raise Malformed("malformed_request") from error
        return Response(_encode(await _reply(answering, forward)), media_type=JSON)

    return router


async def _reply(answering: Answering, forward: Forward) -> Reply:
    try:
        answer = await answering.submit(
            forward.submission, min(forward.timeout_s, FORWARD_S_MAX), forwarded=True
        )
    except CommandError as error:
        return Reply(error=type(error).__name__, code=error.code, facts=error.facts)
    return Reply(
        outcome=answer.outcome,
        position=answer.position,
        body=Raw(answer.body or b"null"),
        replayed=answer.replayed,
    )


def _plain(address: str) -> str:
    return address.rstrip("/")


def _answer(reply: Reply) -> Answer:
    if reply.error is not None:
        kind = _ERRORS.get(reply.error, OutcomeUnknown)
        error = kind.__new__(kind)
        CommandError.__init__(error, reply.code, reply.facts)
        raise error
    if reply.outcome is None:
        raise OutcomeUnknown
    body = b"" if reply.outcome.refused else bytes(reply.body)
    return Answer(reply.outcome, reply.position, body, reply.replayed)
