"""Calls another service over HTTP, with a deadline, retries and a circuit breaker.

Retries are paid from a budget that only successful calls fill, so a service in trouble gets
fewer calls, not more. After several failures in a row the circuit opens: calls fail at once
for a while, then a single call probes whether the service is back.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final, NamedTuple

import aiohttp
from aiohttp import ClientTimeout
from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    SecretStr,
)
from pydantic import PositiveInt as Count

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.describing import describe_error
from runtime.calls.bounded_reading import AnswerTooLarge, read_bounded
from runtime.calls.circuit import Circuit
from runtime.traces.context import current_traceparent, trace_headers
from runtime.traces.spans import SPANS, ending

log = logging.getLogger(__name__)

_TRANSIENT: Final = frozenset({401, 403, 408, 425, 429, 500, 502, 503, 504})
"""Statuses that say nothing about the request, so a retry is worth it. 401 and 403 are about
our credential, which somebody will correct."""
_ATTEMPT_S_MIN: Final = 0.05  # To aiohttp, zero means no timeout at all.
_JSON: Final = {"Accept": "application/json"}


class RemoteSettings(BaseModel):
    """How patient we are with one service."""

    model_config = ConfigDict(frozen=True)

    timeout_s: PositiveFloat = 2.0
    """Limit of one attempt, from connecting to the last byte."""
    deadline_s: PositiveFloat = 4.0
    """Limit of the whole call, including all attempts and pauses."""
    retries_max: NonNegativeInt = 2
    backoff_s: NonNegativeFloat = 0.05
    """Pause before the first retry. It doubles each time, and half of it is random."""
    budget_max: NonNegativeFloat = 10.0
    """Retries that may be spent at once."""
    budget_share: NonNegativeFloat = 0.1
    """How much each successful call adds to the budget."""
    open_after: Count = 5
    """Failed attempts in a row that open the circuit."""
    open_s: PositiveFloat = 1.0
    """Time before an open circuit is probed, and between two probes."""
    answer_bytes_max: Count = 4_000_000
    """Limit of one response. A longer one breaks the contract and counts as a failure."""


class RemoteReply(NamedTuple):
    """A response that is not an error. `found` is False for a 404."""

    found: bool
    body: bytes
    headers: Mapping[str, str]


class _Failed(NamedTuple):
    maybe_done: bool


class Remote:
    """One service that we call."""

    def __init__(
        self,
        name: str,
        base_url: str,
        session: aiohttp.ClientSession,
        settings: RemoteSettings,
        clock: Callable[[], float] = monotonic,
        credential: SecretStr | None = None,
    ) -> None:
        """`name` appears in errors, logs and /readyz. `credential` is sent with every call as
        its bearer token."""
        self.name = name
        self._credential = credential
        self.circuit = Circuit(settings.open_after, settings.open_s, clock)
        self._base_url = base_url.rstrip("/")
        self._session = session
        self._settings = settings
        self._clock = clock
        self._budget = settings.budget_max

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RemoteReply:
        """Make a call that is safe to repeat. `path` follows the base URL.

        Raises DependencyDown after the last attempt, and DependencyRefused for a status from
        300 on that a retry would not change. A 404 is a reply.
        """
        cause = current_traceparent()
        span = SPANS.begin(
            f"{method} {self.name}",
            "client",
            cause,
            {"http.request.method": method, "peer.service": self.name},
        )
        with ending(span):
            all_headers = {
                **self._own_headers(body),
                **trace_headers(cause if span is None else span.traceparent),
                **(headers or {}),
            }
            request = {"params": query, "data": body, "headers": all_headers}
            return await self._keep_trying(method, path, request)

    async def _keep_trying(self, method: str, path: str, request: dict[str, Any]) -> RemoteReply:
        deadline = self._clock() + self._settings.deadline_s
        attempt, maybe_done = 0, False
        while self.circuit.admit():
            reply = await self._attempt(method, path, request, deadline - self._clock())
            if isinstance(reply, RemoteReply):
                return reply
            maybe_done |= reply.maybe_done
            pause_s = self._pause_s(attempt)
            if not self._may_retry(attempt, pause_s, deadline):
                break
            self._budget -= 1
            await asyncio.sleep(pause_s)
            attempt += 1
        raise DependencyDown(self.name, maybe_done=maybe_done)

    def _may_retry(self, attempt: int, pause_s: float, deadline: float) -> bool:
        in_time = self._clock() + pause_s < deadline
        return in_time and attempt < self._settings.retries_max and self._budget >= 1

    async def _attempt(
        self, method: str, path: str, request: dict[str, Any], left_s: float
    ) -> "RemoteReply | _Failed":
        """Return the response, or how the attempt failed if another one may succeed."""
        total_s = max(min(self._settings.timeout_s, left_s), _ATTEMPT_S_MIN)
        try:
            async with self._session.request(
                method,
                self._base_url + path,
                timeout=ClientTimeout(total=total_s),
                allow_redirects=False,
                **request,
            ) as response:
                content = await read_bounded(response, self._settings.answer_bytes_max)
        except (aiohttp.ClientError, AnswerTooLarge, TimeoutError, OSError) as error:
            self._note_failure(method, path, describe_error(error))
            return _Failed(maybe_done=not isinstance(error, aiohttp.ClientConnectorError))
        if response.status in _TRANSIENT:
            self._note_failure(method, path, f"status {response.status}")
            return _Failed(maybe_done=True)
        self.circuit.note_success()
        self._budget = min(self._budget + self._settings.budget_share, self._settings.budget_max)
        if response.status >= 300 and response.status != 404:
            raise DependencyRefused(self.name, response.status)
        return RemoteReply(response.status != 404, content, response.headers)

    def _note_failure(self, method: str, path: str, reason: str) -> None:
        self.circuit.note_failure()
        log.warning(
            "call to an outside service failed",
            extra={"service": self.name, "call": f"{method} {_hide_ids(path)}", "reason": reason},
        )

    def _pause_s(self, attempt: int) -> float:
        whole = self._settings.backoff_s * float(2**attempt)
        return whole / 2 + random.random() * whole / 2

    def _own_headers(self, body: bytes | None) -> dict[str, str]:
        content = {} if body is None else {"Content-Type": "application/json"}
        if self._credential is not None:
            content["Authorization"] = f"Bearer {self._credential.get_secret_value()}"
        return {**_JSON, **content}


def _hide_ids(path: str) -> str:
    """Return the path up to its first part: what follows are ids of people and films."""
    return "/".join(path.split("/")[:2])
