"""Lets people have evenings through HTTP: announced, asked for, approved, looked at, called off.

An evening ends as it began, so the cell holds about as many as are in flight. Each guest is at
one evening at a time, and each evening of a host has a day of its own.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from benchmarks.harness.load import build_http_request
from launcher.connections import Connections, ServerAnswer

HOSTS: Final = 200
GUESTS: Final = 1_000
GUESTS_EACH: Final = 4
DAYS: Final = 300
REQUESTS_EACH: Final = 3 + 4 * GUESTS_EACH
"""Counts the requests of one evening."""
LOG_INS_AT_ONCE: Final = 50


class Evenings:
    """`run_one` lets one evening pass. `writes` and `reads` keep the seconds of each request."""

    def __init__(self, connections: Connections, film_id: str) -> None:
        self._connections = connections
        self._film_id = film_id
        self._hosts: list[str] = []
        self._guests: list[str] = []
        self._begun = 0
        self.requests = 0
        self.position = 0
        """The position of the newest answer to a write."""
        self.writes: list[float] = []
        self.reads: list[float] = []
        """The seconds of all reads; some wait until they show the write just made."""

    async def log_in(self) -> None:
        """Log all people in at the stand-in's Auth."""
        self._hosts = await self._log_in("soak-host", HOSTS)
        self._guests = await self._log_in("soak-guest", GUESTS)

    async def run_one(self) -> None:
        """Let one evening pass. Raises RuntimeError if an answer is not the one of success."""
        number, self._begun = self._begun, self._begun + 1
        host = self._hosts[number % HOSTS]
        first = number * GUESTS_EACH
        guests = [self._guests[(first + n) % GUESTS] for n in range(GUESTS_EACH)]
        evening = await self._announce(host, number)
        path = f"/api/v1/announcement/{evening}"
        for guest in guests:
            asked = await self._write("POST", f"/api/v1/booking/{evening}", guest)
            booking = msgspec.json.decode(asked.body)["booking_id"]
            yes = b'{"my_status":true}'
            answered = await self._write("PUT", f"/api/v1/booking/{booking}", host, yes)
            await self._read(f"{path}?min_position={answered.position}", guest)
            await self._read("/api/v1/announcements?status=Alive&limit=20", guest)
        await self._read(f"{path}/bookings", host)
        await self._write("DELETE", path, host)

    async def _announce(self, host: str, number: int) -> str:
        day = datetime.now(UTC) + timedelta(days=1 + number // HOSTS % DAYS)
        body = {
            "title": f"Evening {number}",
            "description": "Tea, popcorn and a talk about it afterwards.",
            "sub_only": False,
            "is_free": True,
            "ticket_count": GUESTS_EACH,
            "event_time": day,
            "event_location": "Nevsky prospekt 1",
        }
        path = f"/api/v1/announcement/{self._film_id}"
        answer = await self._write("POST", path, host, msgspec.json.encode(body))
        return str(msgspec.json.decode(answer.body)["id"])

    async def _write(self, method: str, path: str, token: str, body: bytes = b"") -> ServerAnswer:
        answer = await self._ask(method, path, token, body)
        self.writes.append(answer.seconds)
        self.position = max(self.position, answer.position)
        return answer

    async def _read(self, path: str, token: str) -> None:
        self.reads.append((await self._ask("GET", path, token)).seconds)

    async def _ask(self, method: str, path: str, token: str, body: bytes = b"") -> ServerAnswer:
        answer = await self._connections.ask(build_http_request(method, path, token, body))
        self.requests += 1
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body.decode()}")
        return answer

    async def _log_in(self, kind: str, count: int) -> list[str]:
        tokens: list[str] = []
        for first in range(0, count, LOG_INS_AT_ONCE):
            part = range(first, min(first + LOG_INS_AT_ONCE, count))
            tokens += await asyncio.gather(*(self._log_in_one(f"{kind}-{n}") for n in part))
        return tokens

    async def _log_in_one(self, login: str) -> str:
        body = msgspec.json.encode({"login": login})
        answer = await self._ask("POST", "/neighbours/auth/token", "none", body)
        return str(msgspec.json.decode(answer.body)["access_token"])
