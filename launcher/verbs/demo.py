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
from typing import Any, Final, NamedTuple
from uuid import uuid4

import aiohttp
import jwt
import msgspec

from launcher.client import NotRunning
from launcher.verbs.traffic import MalformedLine, TimeShift, TrafficLine, read_traffic

FILM_MIN: Final = 120
RETRIES_MAX: Final = 60
RETRY_S: Final = 0.25
NO_ANSWER: Final = 0
RETRIED: Final = frozenset({NO_ANSWER, 429, 503})
MALFORMED_SHOWN_MAX: Final = 20
PENDING_MAX: Final = 20_000
"""Lines read ahead of the slowest one: memory stays bounded for a file of any length."""

Headers = dict[str, str]


class Summary(msgspec.Struct):
    """What came of a run."""

    lines: int = 0
    malformed: int = 0
    first_malformed: list[MalformedLine] = msgspec.field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def sent(self) -> int:
        """Lines that said something."""
        return self.lines - self.malformed

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0

    def note(self, malformed: MalformedLine) -> None:
        self.malformed += 1
        if len(self.first_malformed) < MALFORMED_SHOWN_MAX:
            self.first_malformed.append(malformed)


class PlayedAnnouncement(NamedTuple):
    """What an event of the file has become."""

    announcement_id: str
    host: str


def acting_person(line: TrafficLine) -> str:
    """Who acts in it."""
    return str(line.host if line.kind == "announce" else line.guest)


def read_issue_time(token: str) -> datetime:
    """What the system's clock said as it made the token: it may be set forward. Without a
    token nothing will be announced, and any clock will do."""
    if not token:
        return datetime.now(UTC)
    claims = jwt.decode(token, options={"verify_signature": False})
    return datetime.fromtimestamp(claims["iat"], UTC)


class Demo:
    """One replay. `on_line` is called after each line."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        concurrency: int,
        on_line: Callable[[], None],
        retry_s: float = RETRY_S,
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._slots = asyncio.Semaphore(concurrency)
        self._ahead = asyncio.Semaphore(PENDING_MAX)
        self._on_line = on_line
        self._retry_s = retry_s
        self._run_id = uuid4().hex[:8]
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tokens: dict[str, str] = {}
        self._evenings: dict[str, PlayedAnnouncement] = {}
        self.summary = Summary()

    async def run(self, path: Path) -> Summary:
        """Raises NotRunning, also where the system goes away for good on the way."""
        self._film_id = await self._choose_film()
        started = perf_counter()
        try:
            async with asyncio.TaskGroup() as running:
                await self._replay(path, running)
        except ExceptionGroup as group:
            raise group.exceptions[0] from group
        self.summary.seconds = perf_counter() - started
        return self.summary

    async def _replay(self, path: Path, running: asyncio.TaskGroup) -> None:
        shift: TimeShift | None = None
        for line in read_traffic(path):
            self.summary.lines += 1
            if isinstance(line, MalformedLine):
                self.summary.note(line)
                self._on_line()
                continue
            shift = shift or TimeShift(
                line.at_ms, read_issue_time(await self._token(acting_person(line)))
            )
            await self._ahead.acquire()
            self._start(line, shift, running)

    def _start(self, line: TrafficLine, shift: TimeShift, running: asyncio.TaskGroup) -> None:
        """After the lines before it that concern the same evening or the same person."""
        names = [f"event {line.event}", f"person {acting_person(line)}"]
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

    async def _play(
        self, line: TrafficLine, shift: TimeShift, before: list[asyncio.Task[None]]
    ) -> None:
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

    async def _announce(self, line: TrafficLine, shift: TimeShift) -> None:
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
        host = str(line.host)
        path = f"/api/v1/announcement/{self._film_id}"
        status, answer = await self._send(host, "POST", path, body)
        if status == 201:
            self._evenings[str(line.event)] = PlayedAnnouncement(answer["id"], host)
        self._count("announced" if status == 201 else answer["code"])

    async def _request(self, line: TrafficLine) -> None:
        evening = self._evenings.get(str(line.event))
        if evening is None:
            self._count("evening_not_announced")
            return
        path = f"/api/v1/booking/{evening.announcement_id}"
        status, answer = await self._send(str(line.guest), "POST", path)
        self._count(answer["state"] if status == 201 else answer["code"])
        if status == 201 and answer["state"] == "requested":
            await self._approve(evening, answer["booking_id"])

    async def _approve(self, evening: PlayedAnnouncement, booking_id: str) -> None:
        path = f"/api/v1/booking/{booking_id}"
        status, answer = await self._send(evening.host, "PUT", path, {"my_status": True})
        self._count("confirmed" if status == 200 else f"approval: {answer['code']}")

    async def _withdraw(self, line: TrafficLine) -> None:
        """Named by evening and guest, so that no booking has to be remembered."""
        evening = self._evenings.get(str(line.event))
        if evening is None:
            self._count("evening_not_announced")
            return
        path = f"/api/v1/announcement/{evening.announcement_id}/booking/me"
        status, answer = await self._send(str(line.guest), "PUT", path, {"my_status": False})
        self._count(answer["state"] if status == 200 else f"withdrawal: {answer['code']}")

    async def _send(
        self, person: str, method: str, path: str, body: Any = None
    ) -> tuple[int, dict[str, Any]]:
        headers = {
            "Authorization": f"Bearer {await self._token(person)}",
            "Idempotency-Key": uuid4().hex,
        }
        return await self._send_until_answered(method, path, headers, body)

    async def _token(self, person: str) -> str:
        """One login for each person, prefixed so that runs do not meet."""
        token = self._tokens.get(person)
        if token is None:
            login = {"login": f"{self._run_id}-{person}"}
            status, answer = await self._send_until_answered(
                "POST", "/neighbours/auth/token", {}, login
            )
            if status != 200:
                return ""  # Their requests are refused and counted.
            token = self._tokens[person] = answer["access_token"]
        return token

    async def _send_until_answered(
        self, method: str, path: str, headers: Headers, body: Any
    ) -> tuple[int, dict[str, Any]]:
        """Repeated, with the same key, while the outcome is unknown or the system is busy.
        Raises NotRunning where there is no answer at all for too long."""
        data = None
        if body is not None:
            data = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        for _ in range(RETRIES_MAX):
            status, answer = await self._send_once(method, path, headers, data)
            if status not in RETRIED:
                return status, answer
            # One who sends too much is told for how long not to.
            await asyncio.sleep(answer.get("retry_after_s", self._retry_s))
        if status == NO_ANSWER:
            raise NotRunning(f"{self._base_url} answers no more")
        return status, answer

    async def _send_once(
        self, method: str, path: str, headers: Headers, data: bytes | None
    ) -> tuple[int, dict[str, Any]]:
        self.summary.requests += 1
        try:
            async with self._session.request(
                method, self._base_url + path, headers=headers, data=data
            ) as response:
                content = await response.read()
                return response.status, msgspec.json.decode(content, type=dict[str, Any])
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
            return NO_ANSWER, {}

    async def _choose_film(self) -> str:
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
