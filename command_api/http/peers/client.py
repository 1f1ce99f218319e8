"""Forwards a follower's submissions to the leader over HTTP.

A submission is forwarded once: its receiver never forwards it again. A secret that the
processes of a cell share authenticates it, and the sender says how long it will still wait.
The answer comes back as the leader would give it to its own client, and so do errors.

A Claim names its leader's address, and anybody who can append to the journal can write a
Claim. So submissions and the secret go only to the addresses in the settings.

Submissions gather while requests are on their way (`handover`). A leader of an earlier build
does not know batches; it gets each submission with a request of its own.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

import aiohttp
from msgspec import Raw

from command_api.domain.submission import Submission
from command_api.http.peers.handover import HandedOver, Handover
from command_api.http.peers.wire import (
    ANSWER_BYTES_MAX,
    BATCH_PATH,
    COMMAND_PATH,
    FORWARD_S_MAX,
    RENEWAL_PATH,
    SECRET_HEADER,
    EncodedSubmission,
    RenewalQuestion,
    decode_answer,
    decode_answers,
    decode_renewal,
    encode,
)
from command_api.leader.command_spans import begin_command, caused_by, record_answer
from command_api.leader.ports import Answer
from contracts.errors import CommandError, NoLeader, OutcomeUnknown
from contracts.representations import RenewalResponse
from contracts.values.decoding import UNDECODABLE
from runtime.calls.bounded_reading import AnswerTooLarge, read_bounded
from runtime.http.json_body import JSON

log = logging.getLogger(__name__)

RENEWAL_S_MAX: Final = 5.0
CONNECT_S_MAX: Final = 2.0
ASK_AGAIN_S: Final = 60.0
"""How long a leader that does not know batches gets single submissions. It may be replaced."""


class UnknownPath(NoLeader):
    """The peer does not have the route, so it is of an earlier build."""


class HttpPeers:
    """Implements `Peers` over HTTP. Forwards only to the processes at `addresses`."""

    def __init__(
        self, session: aiohttp.ClientSession, secret: str, addresses: Iterable[str]
    ) -> None:
        self._session = session
        self._secret = secret
        self._addresses = frozenset(map(_normalize_address, addresses))
        self._handovers: dict[str, Handover] = {}
        self._single_until: dict[str, float] = {}
        """Until when a leader without batches gets single submissions, by address."""
        self._refusals: dict[str, int] = {}
        """The status of each peer's last refusal, by address. Only a new status is logged."""

    def knows(self, leader_url: str) -> bool:
        return _normalize_address(leader_url) in self._addresses

    async def forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        """Return the leader's answer, or raise the error it answered with.

        Raises NoLeader if the address is not in the settings, was not reached or refused the
        request, and OutcomeUnknown if the leader may have decided.
        """
        span = begin_command("hand over", "client", submission)
        if span is None:
            return await self._forward(leader_url, submission, timeout_s)
        forwarding = self._forward(leader_url, caused_by(span, submission), timeout_s)
        return await record_answer(span, forwarding)

    async def _forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        address = self._demand_known(leader_url)
        timeout_s = min(timeout_s, FORWARD_S_MAX)
        encoded = encode(submission)
        now = asyncio.get_running_loop().time
        if now() >= self._single_until.get(address, 0.0):
            try:
                return await self._handover(address).hand_over(encoded, timeout_s)
            except UnknownPath:
                self._single_until[address] = now() + ASK_AGAIN_S
        forwarded = encode(EncodedSubmission(Raw(encoded), timeout_s))
        try:
            reply = await self._post(address, COMMAND_PATH, forwarded, timeout_s)
            result = decode_answer(reply).restore()
        except UNDECODABLE as error:
            raise OutcomeUnknown from error
        if isinstance(result, CommandError):
            raise result
        return result

    async def ask_renewal(
        self, leader_url: str, *, begin: bool, by: str | None = None
    ) -> RenewalResponse:
        """Return the leader's answer. Raises NoLeader and OutcomeUnknown as `forward` does."""
        address = self._demand_known(leader_url)
        question = encode(RenewalQuestion(begin, by))
        reply = await self._post(address, RENEWAL_PATH, question, RENEWAL_S_MAX)
        try:
            return decode_renewal(reply)
        except UNDECODABLE as error:
            raise OutcomeUnknown from error

    def _demand_known(self, leader_url: str) -> str:
        """Return the address of a leader. Raises NoLeader if it is not in the settings."""
        if not self.knows(leader_url):
            log.error(
                "the leader is not one of the peers in the settings", extra={"url": leader_url}
            )
            raise NoLeader
        return _normalize_address(leader_url)

    def _handover(self, address: str) -> Handover:
        if address not in self._handovers:
            self._handovers[address] = Handover(partial(self._send_batch, address))
        return self._handovers[address]

    async def _send_batch(
        self, address: str, commands: Sequence[HandedOver]
    ) -> Sequence[Answer | CommandError]:
        now = asyncio.get_running_loop().time()
        batch = [EncodedSubmission(Raw(one.encoded), one.give_up_at - now) for one in commands]
        timeout_s = max(one.timeout_s for one in batch)
        reply = await self._post(address, BATCH_PATH, encode(batch), timeout_s)
        try:
            return [one.restore() for one in decode_answers(reply)]
        except UNDECODABLE as error:
            raise OutcomeUnknown from error

    async def _post(self, address: str, path: str, body: bytes, timeout_s: float) -> bytes:
        try:
            async with self._session.post(
                address + path,
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
        if status in (404, 405) and path == BATCH_PATH:
            raise UnknownPath
        if 400 <= status < 500:
            self._note_refusal(address, status)
            raise NoLeader
        if status != 200:
            raise OutcomeUnknown
        self._refusals.pop(address, None)
        return reply

    def _note_refusal(self, address: str, status: int) -> None:
        if self._refusals.get(address) != status:
            self._refusals[address] = status
            log.error("the peer %s refuses commands: status %d", address, status)


def _normalize_address(address: str) -> str:
    return address.rstrip("/")
