"""Submits the commands of requests, with an idempotency key and the facts they need.

Every command has an idempotency key: the client's own, or one that is made here and returned.
A decision may ask for a fact that was not looked up (`NeedsFact`). This module then looks it up
and submits the command again.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.submission import AnyCommand, Submission
from command_api.http.erasure_tokens import ErasureTokens
from command_api.http.link_tokens import LinkTokens
from command_api.http.lookups import Lookups
from command_api.leader.answering import Answering
from command_api.leader.ports import Answer
from contracts.errors import DependencyDown, NeedsFact
from contracts.values.ids import new_id
from runtime.auth.tokens import Caller
from runtime.http.json_body import json_response
from runtime.http.negotiation import language_of
from runtime.http.parameters import (
    MIN_POSITION_WAIT_S,
    idempotency_key_of,
    is_dry_run,
    min_position_of,
)
from runtime.traces.context import current_traceparent

T = TypeVar("T")

FACT_ROUNDS_MAX: Final = 2


class Edge:
    """The parts that all routes of a process share: they submit and look things up through it."""

    def __init__(
        self,
        *,
        answering: Answering,
        lookups: Lookups,
        tokens: ErasureTokens,
        links: LinkTokens,
        deadline_s: float,
    ) -> None:
        self.answering = answering
        self.lookups = lookups
        self.tokens = tokens
        self.links = links
        self._deadline_s = deadline_s

    async def submit(
        self, request: Request, caller: Caller, raw_body: bytes, command: AnyCommand
    ) -> tuple[Submission, Answer]:
        """Have the command decided and recorded. Returns what was submitted, and the answer.

        Raises Malformed for an unusable key, DependencyDown if a decision keeps asking for a
        fact, and what `Answering.submit` raises.
        """
        command_id = new_id()
        submission = Submission(
            id=command_id,
            actor=caller.person_id,
            is_super=caller.is_super,
            idempotency_key=idempotency_key_of(request) or command_id,
            fingerprint=_hash_request(request, raw_body),
            query_fingerprint=_hash_query(request),
            command=command,
            actor_facts=await self.lookups.find_actor(caller.person_id),
            language=language_of(request),
            dry_run=is_dry_run(request),
            traceparent=current_traceparent(),
        )

        try:
            return submission, await self.answering.submit(submission, self._deadline_s)
        except NeedsFact as needs:
            return await self._submit_with_fact(submission, needs)

    async def _submit_with_fact(
        self, submission: Submission, needs: NeedsFact
    ) -> tuple[Submission, Answer]:
        async def attempt(follows_author: bool) -> tuple[Submission, Answer]:
            told = _add_fact(submission, follows_author)
            return told, await self.answering.submit(told, self._deadline_s)

        return await self.supply_fact(needs, attempt)

    async def supply_fact(self, needs: NeedsFact, attempt: Callable[[bool], Awaitable[T]]) -> T:
        """Return what `attempt` returns with the fact that `needs` asks for: whether the guest
        follows the author. Raises DependencyDown if `attempt` keeps asking."""
        for _ in range(FACT_ROUNDS_MAX):
            try:
                return await attempt(await self.lookups.find_following(needs))
            except NeedsFact as more:
                needs = more
        raise DependencyDown("ugc")

    async def reach_min_position(self, request: Request) -> None:
        """Wait until this process has read the journal up to the request's `min_position`.
        Raises Malformed, and ProjectionBehind if that takes too long."""
        await self.answering.reach(min_position_of(request.query_params), MIN_POSITION_WAIT_S)

    def answer_read(self, content: object) -> Response:
        """Return the answer to a read, with the position up to which this process has read."""
        return json_response(content, headers={"X-Position": str(self.answering.position)})


def _add_fact(submission: Submission, follows_author: bool) -> Submission:
    """Return the submission with the fact in its command. Raises TypeError if the command has
    no such field."""
    command = msgspec.structs.replace(submission.command, follows_author=follows_author)
    return msgspec.structs.replace(submission, command=command)


def _hash_request(request: Request, raw_body: bytes) -> str:
    return sha256(f"{request.method} {request.scope['path']}\n".encode() + raw_body).hexdigest()


def _hash_query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return sha256(query).hexdigest() if query else ""
