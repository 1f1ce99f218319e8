"""Shows a running system as an attacker sees it, with the operator token for what needs it."""

import asyncio
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec
from multidict import CIMultiDictProxy

from launcher.data_directory import DataDirectory
from launcher.servers.process import free_port
from runtime.event_stream import EVENT_STREAM
from tests.cells.embedded import PRACTIX, START_S_MAX, evening
from tests.paths import ROOT
from tests.waiting import WITHIN_S, until_caught_up

ANSWER_S_MAX: Final = 30.0
"""An answer that takes longer hangs. Far more than is promised: the machine may be slow."""
AWAY: Final = {(503, "unavailable"), (504, "projection_behind")}
"""Status and code of a read while a part that it needs is away."""


@dataclass(frozen=True)
class Site:
    """Address and operator token of a system; its data and process if we started it."""

    base_url: str
    operator_token: str
    data: Path | None = None
    pid: int | None = None


@contextmanager
def own_site(data: Path, *, practix: Sequence[str] = PRACTIX, **environment: str) -> Iterator[Site]:
    """Run an embedded system of our own until the end of the block."""
    port = free_port()
    with (data / "output.log").open("w") as output:
        process = subprocess.Popen(
            [*practix, "run"],
            env={
                **os.environ,
                "PORT": str(port),
                "PRACTIX_DATA": str(data),
                "PYTHONPATH": str(ROOT),
                **environment,
            },
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_ready(process, f"http://127.0.0.1:{port}")
            token = DataDirectory(data).find_token("operator")
            assert token is not None
            yield Site(f"http://127.0.0.1:{port}", token, data, process.pid)
        finally:
            process.terminate()
            process.wait(WITHIN_S)


def _await_ready(process: subprocess.Popen[bytes], base_url: str) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{base_url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"{base_url} is not ready after {START_S_MAX} s")


class Received(NamedTuple):
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def position(self) -> int:
        """Journal position of the write."""
        return int(self.headers["X-Position"])


class Target:
    """A client of one system. `prefix` makes logins the test's own."""

    def __init__(self, site: Site, session: aiohttp.ClientSession, prefix: str) -> None:
        self.site = site
        self.session = session
        self._prefix = prefix

    async def send(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        **headers: str,
    ) -> Received:
        """Return whatever comes back, once the tables are where it asks for. `path` is sent as it
        is; `_` in header names becomes `-`. Of a stream, which has no end, only the head is
        read."""
        return await until_caught_up(lambda: self._send_once(method, path, token, body, **headers))

    async def _send_once(
        self, method: str, path: str, token: str | None, body: Any = None, **headers: str
    ) -> Received:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        async with self.session.request(
            method, self.site.base_url + path, json=body, headers=sent, allow_redirects=False
        ) as response:
            is_stream = response.content_type == EVENT_STREAM
            body_read = b"" if is_stream else await response.read()
            return Received(response.status, response.headers, body_read)

    async def read(self, path: str, token: str) -> Received:
        """Return the answer 200, however long a part of the system is away.

        Until then every answer must say so and come in time.
        """
        async with asyncio.timeout(WITHIN_S):
            while True:
                async with asyncio.timeout(ANSWER_S_MAX):
                    received = await self._send_once("GET", path, token)
                if received.status == 200:
                    return received
                assert (received.status, received.json["code"]) in AWAY
                await asyncio.sleep(0.1)

    async def await_ready(self) -> dict[str, Any]:
        """Wait until `/readyz` answers 200; returns what it says."""
        async with asyncio.timeout(WITHIN_S):
            while (received := await self.send("GET", "/readyz")).status != 200:
                await asyncio.sleep(0.1)
        readiness: dict[str, Any] = received.json
        return readiness

    async def operator(self, method: str, path: str, body: Any = None) -> Received:
        return await self.send(method, path, self.site.operator_token, body)

    async def person(self, login: str) -> tuple[str, str]:
        """Return the token and the id of a person whom only this test knows."""
        body = {"login": f"{self._prefix}-{login}"}
        received = await self.send("POST", "/neighbours/auth/token", body=body)
        return received.json["access_token"], received.json["user_id"]

    async def super_user(self, login: str) -> tuple[str, str]:
        """As `person`, with a super-user's token, which only the operator token can get."""
        body = {"login": f"{self._prefix}-{login}", "is_super": True}
        received = await self.operator("POST", "/neighbours/auth/token", body)
        return received.json["access_token"], received.json["user_id"]

    async def film(self) -> str:
        found: str = (await self.send("GET", "/neighbours/movies?q=matrix")).json[0]["id"]
        return found

    async def evening(self, host_token: str, **changes: Any) -> Received:
        """Announce an evening and return the answer; `changes` are fields of the body."""
        path = f"/api/v1/announcement/{await self.film()}"
        return await self.send("POST", path, host_token, evening(**changes))

    async def request_seat(self, evening_id: str, guest_token: str) -> str:
        """Have a guest ask for a seat; returns the booking's id."""
        asked = await self.send("POST", f"/api/v1/booking/{evening_id}", guest_token)
        assert asked.status == 201
        booking_id: str = asked.json["booking_id"]
        return booking_id

    async def confirm_guest(self, host_token: str, evening_id: str, guest_token: str) -> str:
        """Have a guest ask for a seat and get it; returns the booking's id."""
        booking_id = await self.request_seat(evening_id, guest_token)
        approved = await self.answer(host_token, booking_id, yes=True)
        assert approved.json["state"] == "confirmed"
        return booking_id

    async def answer(self, token: str, booking_id: str, *, yes: bool) -> Received:
        """Answer a booking with yes or no, as its author or its guest."""
        return await self.send("PUT", f"/api/v1/booking/{booking_id}", token, {"my_status": yes})
