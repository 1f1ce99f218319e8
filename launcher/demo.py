"""`practix demo`: replays a file of traffic against a running system, at full speed.

Lines of one evening, and lines of one person, happen in the order of the file; all others
run side by side, boundedly. A request that was taken is approved by its host, as a host
would. What a rule refuses is counted, not a failure.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import aiohttp
import msgspec

from launcher.client import NotRunning
from launcher.traffic import Line, Malformed, Shift, read

FILM_MIN: Final = 120
RETRIES_MAX: Final = 60
RETRY_S: Final = 0.25
PENDING_MAX: Final = 20_000
"""Lines read ahead of the slowest one: memory stays bounded for a file of any length."""

Headers = dict[str, str]


class Summary(msgspec.Struct):
    """What came of a run."""

    lines: int = 0
    malformed: int = 0
    requests: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0


class Demo:
    """One replay. `on_line` is called after each line."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        concurrency: int,
        on_line: Callable[[], None],
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._slots = asyncio.Semaphore(concurrency)
        self._ahead = asyncio.Semaphore(PENDING_MAX)
        self._on_line = on_line
        self._run_id = uuid4().hex[:8]
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tokens: dict[str, str] = {}
        self._evenings: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._bookings: dict[tuple[str, str], str] = {}
        self.summary = Summary()

    async def run(self, path: Path) -> Summary:
        """Raises NotRunning."""
        self._film_id = await self._film()
        shift: Shift | None = None
        started = perf_counter()
        async with asyncio.TaskGroup() as running:
            for line in read(path):
                self.summary.lines += 1
                if isinstance(line, Malformed):
                    self.summary.malformed += 1
                    self._on_line()
                    continue
                shift = shift or Shift(line.at_ms, datetime.now(UTC))
                await self._ahead.acquire()
                self._start(line, shift, running)
        self.summary.seconds = perf_counter() - started
        return self.summary

    def _start(self, line: Line, shift: Shift, running: asyncio.TaskGroup) -> None:
        """After the lines before it that concern the same evening or the same person."""
        names = [f"event {line.event}"]
        if line.kind == "announce":
            self._hosts[str(line.event)] = str(line.host)
            names.append(f"person {line.host}")
        else:
            names.append(f"person {line.guest}")
        before = [self._last[name] for name in names if name in self._last]
        task = running.create_task(self._play(line, shift, before))
        for name in names:
            self._last[name] = task
        task.add_done_callback(lambda done: self._forget(names, done))

    def _forget(self, names: list[str], done: asyncio.Task[None]) -> None:
        for name in names:
            if self._last.get(name) is done:
                del self._last[name]
        self._ahead.release()
        self._on_line()

    async def _play(self, line: Line, shift: Shift, before: list[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        async with self._slots:
            match line.kind:
                case "announce":
                    await self._announce(line, shift)
                case "request":
                    await self._request(line)
                case "withdraw":
                    await self._withdraw(line)

    async def _announce(self, line: Line, shift: Shift) -> None:
        assert line.starts_at_ms is not None
        body = {
            "title": f"Evening {line.event}",
            "description": "",
            "sub_only": False,
            "is_free": True,
            "ticket_count": line.seats,
            "event_time": shift.time(line.starts_at_ms),
            "event_location": str(line.place or "somewhere"),
        }
        status, answer = await self._send(
            str(line.host), "POST", f"/api/v1/announcement/{self._film_id}", body
        )
        if status == 201:
            self._evenings[str(line.event)] = answer["id"]
        self._count("announced" if status == 201 else answer["code"])

    async def _request(self, line: Line) -> None:
        evening = self._evenings.get(str(line.event))
        if evening is None:
            self._count("evening_not_announced")
            return
        status, answer = await self._send(
            str(line.guest), "POST", f"/api/v1/booking/{evening}", None
        )
        if status != 201:
            self._count(answer["code"])
            return
        self._bookings[str(line.event), str(line.guest)] = answer["booking_id"]
        self._count(answer["state"])
        if answer["state"] == "requested":
            await self._approve(line, answer["booking_id"])

    async def _approve(self, line: Line, booking_id: str) -> None:
        host = self._hosts[str(line.event)]
        status, answer = await self._send(
            host, "PUT", f"/api/v1/booking/{booking_id}", {"my_status": True}
        )
        self._count("confirmed" if status == 200 else f"approval: {answer['code']}")

    async def _withdraw(self, line: Line) -> None:
        booking_id = self._bookings.get((str(line.event), str(line.guest)))
        if booking_id is None:
            self._count("nothing_to_withdraw")
            return
        status, answer = await self._send(
            str(line.guest), "DELETE", f"/api/v1/booking/{booking_id}", None
        )
        self._count(answer["state"] if status == 200 else answer["code"])

    async def _send(
        self, person: str, method: str, path: str, body: Any
    ) -> tuple[int, dict[str, Any]]:
        """Retried with the same key where the outcome is unknown or the system is busy."""
        headers = {
            "Authorization": f"Bearer {await self._token(person)}",
            "Idempotency-Key": uuid4().hex,
            "Content-Type": "application/json",
        }
        data = None if body is None else msgspec.json.encode(body)
        for _ in range(RETRIES_MAX):
            status, answer = await self._once(method, path, headers, data)
            if status not in (0, 429, 503):
                break
            await asyncio.sleep(RETRY_S)
        return status, answer

    async def _once(
        self, method: str, path: str, headers: Headers, data: bytes | None
    ) -> tuple[int, dict[str, Any]]:
        self.summary.requests += 1
        try:
            async with self._session.request(
                method, self._base_url + path, headers=headers, data=data
            ) as response:
                content = await response.read()
                answer = msgspec.json.decode(content, type=dict[str, Any])
                return response.status, answer
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
            return 0, {"code": "no_answer"}

    async def _token(self, person: str) -> str:
        """One login for each person, prefixed so that runs do not meet."""
        token = self._tokens.get(person)
        if token is None:
            _, answer = await self._once(
                "POST",
                "/neighbours/auth/token",
                {"Content-Type": "application/json"},
                msgspec.json.encode({"login": f"{self._run_id}-{person}"}),
            )
            token = self._tokens[person] = answer.get("access_token", "")
        return token

    async def _film(self) -> str:
        """A film of 120 minutes; the requirements' files are about one."""
        try:
            async with self._session.get(f"{self._base_url}/neighbours/movies") as response:
                films = msgspec.json.decode(await response.read())
        except aiohttp.ClientError as error:
            raise NotRunning(f"no system answers at {self._base_url}") from error
        film_id: str = next(film["id"] for film in films if film["duration_min"] == FILM_MIN)
        return film_id

    def _count(self, code: str) -> None:
        self.summary.outcomes[code] += 1
