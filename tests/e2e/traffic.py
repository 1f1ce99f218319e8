"""Clients over real HTTP that retry every command with its key until it is answered."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple, Protocol
from uuid import uuid4

import aiohttp

from runtime.auth.tokens import issue_token
from tests.e2e.cell import SECRET, now

TRY_S_MAX = 3.0
# As a load balancer has it; a frozen process does not answer at all.
GIVE_UP_S = 120.0


class AnsweredRequest(NamedTuple):
    """What a client was answered, and how long that took."""

    actor: str
    key: str
    status: int
    position: int
    code: str
    sent_at: float
    seconds: float


LATER: Final = (401, 429)
"""Asked again, as after a 5xx: the process that answered has a wrong clock, or is busy."""


class NoAnswer(AssertionError):
    """A client with a key has retried in vain."""


class Addressed(Protocol):
    @property
    def url(self) -> str: ...


class Clients:
    """People who ask to come to one announcement of each of two authors, who approve."""

    def __init__(self, session: aiohttp.ClientSession, cell: Sequence[Addressed]) -> None:
        self._session = session
        self._cell = cell
        self.answered: list[AnsweredRequest] = []
        self.crashes: list[str] = []
        """Answers with status 500, which nothing may cause."""
        self.stopping = False

    async def announce(self, host: str, movie_id: str, seats: int) -> str:
        body = {
            "title": "An evening",
            "description": "",
            "sub_only": False,
            "is_free": True,
            "ticket_count": seats,
            "event_time": (now() + timedelta(days=2)).isoformat(),
            "event_location": "Here",
        }
        created = await self.insist(host, "POST", f"/api/v1/announcement/{movie_id}", body)
        announcement_id: str = created["id"]
        return announcement_id

    async def keep_booking(self, host: str, announcement_id: str) -> None:
        """Let one guest after another ask, and the author approve, until told to stop."""
        while not self.stopping:
            guest = str(uuid4())
            booking = await self.insist(guest, "POST", f"/api/v1/booking/{announcement_id}", None)
            if "booking_id" in booking and booking.get("state") == "requested":
                path = f"/api/v1/booking/{booking['booking_id']}"
                await self.insist(host, "PUT", path, {"my_status": True})

    async def insist(self, actor: str, method: str, path: str, body: Any) -> dict[str, Any]:
        """Return the answer, however often it takes. Raises NoAnswer after GIVE_UP_S."""
        loop = asyncio.get_running_loop()
        key = uuid4().hex
        sent_at = loop.time()
        headers = {"Idempotency-Key": key, "Authorization": f"Bearer {self.token(actor)}"}
        while loop.time() < sent_at + GIVE_UP_S:
            answer = await self._try(method, path, body, headers)
            if answer is not None:
                status, position, content = answer
                code = content.get("code", "done")
                self.answered.append(
                    AnsweredRequest(
                        actor, key, status, position, code, sent_at, loop.time() - sent_at
                    )
                )
                return content
            await asyncio.sleep(0.1)
        raise NoAnswer(f"{method} {path} with {key}")

    async def _try(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[int, int, dict[str, Any]] | None:
        url = random.choice(self._cell).url + path
        timeout = aiohttp.ClientTimeout(total=TRY_S_MAX)
        try:
            async with self._session.request(
                method, url, json=body, headers=headers, timeout=timeout
            ) as response:
                content = await response.json(content_type=None)
                if response.status == 500:
                    self.crashes.append(f"{method} {url}: {content}")
                if response.status >= 500 or response.status in LATER:
                    return None
                return response.status, int(response.headers.get("X-Position", 0)), content
        except (aiohttp.ClientError, TimeoutError):
            return None

    def token(self, person_id: str) -> str:
        return issue_token(person_id, key=SECRET, now=now())
