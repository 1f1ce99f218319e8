"""`practix demo`: replays a file of traffic against a running system, at full speed.

Lines of one announcement keep the order of the file, and so do lines of one person. All
other lines run concurrently, within a bound. The author approves every request that was
accepted. A refusal is counted and is no failure of the run.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple
from uuid import uuid4

import jwt
import msgspec

from launcher.client import NotRunning, RequestRefused, open_answer
from launcher.connections import Connections
from launcher.verbs.demo.summary import DemoSummary
from launcher.verbs.demo.traffic import MalformedLine, TimeShift, TrafficLine, read_traffic

FILM_MIN: Final = 120
RETRIES_MAX: Final = 60
RETRY_S: Final = 0.25
NO_ANSWER: Final = 0
RETRIED: Final = frozenset({NO_ANSWER, 429, 503})
PENDING_MAX: Final = 20_000
"""Lines read ahead of the slowest one. Bounds memory for a file of any length."""

Headers = dict[str, str]

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class ListedFilm(msgspec.Struct):
    """The data that the demo needs of a film in the stand-in's catalogue."""

    id: str
    duration_min: int


class PlayedAnnouncement(NamedTuple):
    """An announcement of the file, as the system knows it."""

    announcement_id: str
    author: str


def acting_person(line: TrafficLine) -> str:
    """Return the name of the person who acts in the line."""
    return str(line.host if line.kind == "announce" else line.guest)


def read_issue_time(token: str) -> datetime:
    """Return when the token was issued, which is now by the system's clock.

    That clock may be ahead of ours. Without a token nothing will be announced, so any clock
    will do.
    """
    if not token:
        return datetime.now(UTC)
    claims = jwt.decode(token, options={"verify_signature": False})
    return datetime.fromtimestamp(claims["iat"], UTC)


class Demo:
    """One replay of a file. `run` is called once; `on_line` is called after each line."""

    def __init__(
        self,
        connections: Connections,
        concurrency: int,
        on_line: Callable[[], None],
        retry_s: float = RETRY_S,
    ) -> None:
        self._connections = connections
        self._slots = asyncio.Semaphore(concurrency)
        self._ahead = asyncio.Semaphore(PENDING_MAX)
        self._on_line = on_line
        self._retry_s = retry_s
        self._run_id = uuid4().hex[:8]
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tokens: dict[str, str] = {}
        self._announced: dict[str, PlayedAnnouncement] = {}
        self.summary = DemoSummary()

    async def run(self, path: Path) -> DemoSummary:
        """Replay the file and return what came of it.

        Raises NotRunning if nothing answers, also if the system stops during the replay;
        RequestRefused if the system does not publish the stand-in, so that nobody can log in.
        """
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
                self.summary.add_malformed(line)
                self._on_line()
                continue
            if shift is None:
                token = await self._token(acting_person(line))
                shift = TimeShift(line.at_ms, read_issue_time(token))
            await self._ahead.acquire()
            self._start(line, shift, running)

    def _start(self, line: TrafficLine, shift: TimeShift, running: asyncio.TaskGroup) -> None:
        """Play the line once earlier lines of the same announcement and person are done."""
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
            "event_time": shift.apply(line.starts_at_ms),
            "event_location": str(line.place or "somewhere"),
        }
        author = str(line.host)
        path = f"/api/v1/announcement/{self._film_id}"
        status, answer = await self._send(author, "POST", path, body)
        if status == 201:
            self._announced[str(line.event)] = PlayedAnnouncement(answer["id"], author)
        self._count("announced" if status == 201 else answer["code"])

    async def _request(self, line: TrafficLine) -> None:
        announcement = self._announced.get(str(line.event))
        if announcement is None:
            self._count("evening_not_announced")
            return
        path = f"/api/v1/booking/{announcement.announcement_id}"
        status, answer = await self._send(str(line.guest), "POST", path)
        self._count(answer["state"] if status == 201 else answer["code"])
        if status == 201 and answer["state"] == "requested":
            await self._approve(announcement, answer["booking_id"])

    async def _approve(self, announcement: PlayedAnnouncement, booking_id: str) -> None:
        path = f"/api/v1/booking/{booking_id}"
        status, answer = await self._send(announcement.author, "PUT", path, {"my_status": True})
        self._count("confirmed" if status == 200 else f"approval: {answer['code']}")

    async def _withdraw(self, line: TrafficLine) -> None:
        """Withdraw the guest's booking, named by announcement and guest: we keep no ids of
        bookings."""
        announcement = self._announced.get(str(line.event))
        if announcement is None:
            self._count("evening_not_announced")
            return
        path = f"/api/v1/announcement/{announcement.announcement_id}/booking/me"
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
        """Log the person in once. A prefix keeps the people of two runs apart."""
        token = self._tokens.get(person)
        if token is None:
            login = {"login": f"{self._run_id}-{person}"}
            path = "/neighbours/auth/token"
            status, answer = await self._send_until_answered("POST", path, {}, login)
            if status != 200:
                return ""  # This person's requests are then refused, and counted.
            token = self._tokens[person] = answer["access_token"]
        return token

    async def _send_until_answered(
        self, method: str, path: str, headers: Headers, body: Any
    ) -> tuple[int, dict[str, Any]]:
        """Repeat the request, with the same key, while its outcome is unknown or we are limited.

        Raises NotRunning if there is no answer at all for too long.
        """
        data = b""
        if body is not None:
            data = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        for _ in range(RETRIES_MAX):
            status, answer = await self._send_once(method, path, headers, data)
            if status not in RETRIED:
                return status, answer
            # A rate limit says how long to wait.
            await asyncio.sleep(answer.get("retry_after_s", self._retry_s))
        if status == NO_ANSWER:
            raise NotRunning(f"{self._connections.url} does not answer any more")
        return status, answer

    async def _send_once(
        self, method: str, path: str, headers: Headers, data: bytes
    ) -> tuple[int, dict[str, Any]]:
        self.summary.requests += 1
        try:
            answer = await self._connections.send(method, path, headers, data)
            return answer.status, _decode(answer.body)
        except (OSError, msgspec.MsgspecError):
            return NO_ANSWER, {}

    async def _choose_film(self) -> str:
        """Return a film of 120 minutes, as the traffic files of the requirements assume.

        Raises NotRunning, and RequestRefused if the stand-in's films are not there to read.
        """
        url = f"{self._connections.url}/neighbours/movies"
        async with open_answer("GET", url, {}) as response:
            content = await response.read()
        try:
            films = msgspec.json.decode(content, type=list[ListedFilm])
        except msgspec.MsgspecError as error:
            raise RequestRefused(f"{url} is no list of films: {error}") from error
        fitting = [film.id for film in films if film.duration_min == FILM_MIN]
        if not fitting:
            raise RequestRefused(f"{url} has no film of {FILM_MIN} minutes")
        return fitting[0]

    def _count(self, code: str) -> None:
        self.summary.outcomes[code] += 1
