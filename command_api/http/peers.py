"""Forwards a follower's submissions to the leader over HTTP, and serves them there.

A submission is forwarded once: its receiver never forwards it again. A secret that the
processes of a cell share authenticates it, and the sender says how long it will still wait.
The answer comes back as the leader would give it to its own client, and so do errors.

A Claim names its leader's address, and anybody who can append to the journal can write a
Claim. So submissions and the secret go only to the addresses in the settings.
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
from command_api.renewal.renewals import Renewals
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
from contracts.representations import RenewalResponse
from contracts.values.decoding import UNDECODABLE
from runtime.calls.bounded_reading import AnswerTooLarge, read_bounded
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import JSON, read_json_body

log = logging.getLogger(__name__)

PATH: Final = "/internal/commands"
RENEWAL_PATH: Final = "/internal/renewal"
RENEWAL_S_MAX: Final = 5.0
SECRET_HEADER: Final = "X-Practix-Cell-Secret"
FORWARD_S_MAX: Final = 30.0
CONNECT_S_MAX: Final = 2.0
FORWARD_BYTES_MAX: Final = 256 * 1024
ANSWER_BYTES_MAX: Final = 16_000_000
"""Far more than an announcement with its whole guest list takes."""

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
"""The errors that a leader sends back, by their names. Any other becomes OutcomeUnknown."""


class ForwardedSubmission(Struct, frozen=True):
    submission: Submission
    timeout_s: float
    """How long the sender will still wait."""


class RenewalQuestion(Struct, frozen=True):
    begin: bool


class ForwardedAnswer(Struct, frozen=True, omit_defaults=True):
    """An answer, or the error that was raised instead of one."""

    outcome: Outcome | None = None
    position: int = 0
    body: Raw = Raw()
    replayed: bool = False
    error: str | None = None
    code: ErrorCode | None = None
    facts: dict[str, Any] = {}


_encode: Final = msgspec.json.Encoder().encode
_decode_submission: Final = msgspec.json.Decoder(ForwardedSubmission).decode
_decode_answer: Final = msgspec.json.Decoder(ForwardedAnswer).decode
_decode_question: Final = msgspec.json.Decoder(RenewalQuestion).decode
_decode_renewal: Final = msgspec.json.Decoder(RenewalResponse).decode


class HttpPeers:
    """Implements `Peers` over HTTP. Forwards only to the processes at `addresses`."""

    def __init__(
        self, session: aiohttp.ClientSession, secret: str, addresses: Iterable[str]
    ) -> None:
        self._session = session
        self._secret = secret
        self._addresses = frozenset(map(_normalize_address, addresses))
        self._refusals: dict[str, int] = {}
        """The status of each peer's last refusal, by address. Only a new status is logged."""

    def knows(self, leader_url: str) -> bool:
        return _normalize_address(leader_url) in self._addresses

    async def forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        """Return the leader's answer, or raise the error it answered with.

        Raises NoLeader if the address is not in the settings, was not reached or refused the
        request, and OutcomeUnknown if the leader may have decided.
        """
        timeout_s = min(timeout_s, FORWARD_S_MAX)
        forwarded = _encode(ForwardedSubmission(submission, timeout_s))
        reply = await self._post(leader_url, PATH, forwarded, timeout_s)
        try:
            return _restore_answer(_decode_answer(reply))
        except UNDECODABLE as error:
            raise OutcomeUnknown from error

    async def ask_renewal(self, leader_url: str, *, begin: bool) -> RenewalResponse:
        """Return the leader's answer. Raises NoLeader and OutcomeUnknown as `forward` does."""
        question = _encode(RenewalQuestion(begin))
        reply = await self._post(leader_url, RENEWAL_PATH, question, RENEWAL_S_MAX)
        try:
            return _decode_renewal(reply)
        except UNDECODABLE as error:
            raise OutcomeUnknown from error

    async def _post(self, leader_url: str, path: str, body: bytes, timeout_s: float) -> bytes:
        if not self.knows(leader_url):
            log.error(
                "the leader is not one of the peers in the settings", extra={"url": leader_url}
            )
            raise NoLeader
        try:
            async with self._session.post(
                _normalize_address(leader_url) + path,
                data=body,
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
            self._note_refusal(_normalize_address(leader_url), status)
            raise NoLeader
        if status != 200:
            raise OutcomeUnknown
        self._refusals.pop(_normalize_address(leader_url), None)
        return reply

    def _note_refusal(self, address: str, status: int) -> None:
        if self._refusals.get(address) != status:
            self._refusals[address] = status
            log.error("the peer %s refuses commands: status %d", address, status)


def build_internal_router(answering: Answering, renewals: Renewals, secret: str) -> APIRouter:
    """Return the routes to which followers forward. The API document does not show them."""
    router = APIRouter(include_in_schema=False, route_class=ApiRoute)

    def demand_secret(request: Request) -> None:
        if not compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            raise Forbidden

    @router.post(RENEWAL_PATH)
    async def answer_renewal(request: Request) -> Response:
        demand_secret(request)
        try:
            question = _decode_question(await read_json_body(request))
        except UNDECODABLE as error:
            raise Malformed("malformed_request") from error
        answer = await renewals.ask(begin=question.begin, forwarded=True)
        return Response(_encode(answer), media_type=JSON)

    @router.post(PATH)
    async def answer_forwarded(request: Request) -> Response:
        demand_secret(request)
        try:
            forwarded = _decode_submission(await read_json_body(request, FORWARD_BYTES_MAX))
        except UNDECODABLE as error:
            raise Malformed("malformed_request") from error
        return Response(_encode(await _answer_forwarded(answering, forwarded)), media_type=JSON)

    return router


async def _answer_forwarded(
    answering: Answering, forwarded: ForwardedSubmission
) -> ForwardedAnswer:
    try:
        answer = await answering.submit(
            forwarded.submission, min(forwarded.timeout_s, FORWARD_S_MAX), forwarded=True
        )
    except CommandError as error:
        return ForwardedAnswer(error=type(error).__name__, code=error.code, facts=error.facts)
    return ForwardedAnswer(
        outcome=answer.outcome,
        position=answer.position,
        body=Raw(answer.body or b"null"),
        replayed=answer.replayed,
    )


def _normalize_address(address: str) -> str:
    return address.rstrip("/")


def _restore_answer(forwarded: ForwardedAnswer) -> Answer:
    """Return the leader's answer, or raise the error that it sent instead."""
    if forwarded.error is not None:
        kind = _ERRORS.get(forwarded.error, OutcomeUnknown)
        error = kind.__new__(kind)
        CommandError.__init__(error, forwarded.code, forwarded.facts)
        raise error
    if forwarded.outcome is None:
        raise OutcomeUnknown
    return Answer(forwarded.outcome, forwarded.position, bytes(forwarded.body), forwarded.replayed)
