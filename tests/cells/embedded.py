"""Runs an embedded system as a newcomer starts it, with a client of it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from launcher.data_directory import DataDirectory
from launcher.servers.process import free_port
from tests.paths import ROOT
from tests.waiting import BEHIND, WITHIN_S, within

PRACTIX = [sys.executable, "-c", "from launcher.cli import main; main()"]
START_S_MAX = 600.0
LINE_S_MAX = 480.0
"""Replacing all processes on a busy machine takes minutes before a line says so."""
SEPARATE = {"PRACTIX_PROFILE": "servers", "COMMAND_API_HEARTBEAT_TIMEOUT_S": "2"}
"""Separate processes; the only command process need not wait long for a rival to be silent."""


class RunningSystem:
    """A `practix run` and a client of it. `PYTHONPATH` may name the code of another build."""

    def __init__(self, data: Path, session: aiohttp.ClientSession, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = session
        self.data = data
        self.environment = {
            **os.environ,
            "PORT": str(self.port),
            "PRACTIX_DATA": str(data),
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self._root = self.environment["PYTHONPATH"].rpartition(os.pathsep)[2]
        self.process = subprocess.Popen(
            [*PRACTIX, "run"],
            env=self.environment,
            cwd=self._root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    async def ready(self) -> None:
        async with asyncio.timeout(START_S_MAX):
            while not (await self.get("/readyz", expect=None) or {}).get("ready"):
                assert self.process.poll() is None, self.process.communicate()[0]
                await asyncio.sleep(0.05)

    async def get(self, path: str, token: str | None = None, *, expect: int | None = 200) -> Any:
        return (await self.send("GET", path, token, expect=expect))[0]

    async def send(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        *,
        expect: int | None = 200,
    ) -> tuple[Any, int]:
        """Return the body and the position. If `expect` is None, any answer will do, even none.
        Tables that a busy machine has left behind `min_position` are asked again."""
        if token is None and path.startswith("/neighbours/"):
            token = self.operator_token  # Who names none operates the stand-in.
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async for _ in within():
            try:
                async with self.session.request(
                    method, self.url + path, json=body, headers=headers
                ) as response:
                    content = await response.json(content_type=None)
            except aiohttp.ClientConnectionError:
                if expect is not None:
                    raise
                return None, 0
            if response.status != BEHIND or expect in (None, BEHIND):
                break
        assert expect in (None, response.status), content
        return content, int(response.headers.get("X-Position", 0))

    @property
    def operator_token(self) -> str | None:
        return DataDirectory(self.data).find_token("operator")

    async def token(self, login: str) -> str:
        body, _ = await self.send("POST", "/neighbours/auth/token", body={"login": login})
        token: str = body["access_token"]
        return token

    async def film(self) -> str:
        film: str = (await self.get("/neighbours/movies?q=matrix"))[0]["id"]
        return film

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PRACTIX, *arguments],
            env=self.environment,
            cwd=self._root,
            capture_output=True,
            text=True,
            check=False,
        )

    async def read_until(self, words: str, within_s: float = LINE_S_MAX) -> str:
        """Return the next printed line that has the words. Raises AssertionError, with what was
        printed instead, if there is none within that time."""
        passed: list[str] = []
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._read, words, passed), within_s)
        except TimeoutError:
            raise AssertionError(f"no {words!r} within {within_s:g} s: {passed}") from None

    def _read(self, words: str, passed: list[str]) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if words in line:
                return line
            passed.append(line)
        raise AssertionError(f"no {words!r} before the end: {passed}")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        await asyncio.to_thread(self.process.wait, WITHIN_S)
        return self.process.returncode

    async def close(self) -> None:
        """Stop it if it still runs, and read no more of what it prints."""
        if self.process.poll() is None:
            await self.stop()
        if self.process.stdout is not None:
            self.process.stdout.close()


@asynccontextmanager
async def run_system(data: Path, **environment: str) -> AsyncIterator[RunningSystem]:
    async with aiohttp.ClientSession() as session:
        system = RunningSystem(data, session, **environment)
        try:
            await system.ready()
            yield system
        finally:
            await system.close()


def evening(**changes: Any) -> dict[str, Any]:
    body = {
        "title": "The Matrix at my place",
        "description": "",
        "sub_only": False,
        "is_free": True,
        "ticket_count": 2,
        "event_time": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "event_location": "Moscow",
    }
    return {**body, **changes}


async def confirm_guest(system: RunningSystem, in_days: int = 1) -> tuple[str, str, int]:
    """Take the README's tour. Returns the announcement, Boris's token and the approval's
    position."""
    anna, boris = await system.token("anna"), await system.token("boris")
    path = f"/api/v1/announcement/{await system.film()}"
    event_time = (datetime.now(UTC) + timedelta(days=in_days)).isoformat()
    body = evening(event_time=event_time)
    created, _ = await system.send("POST", path, anna, body, expect=201)
    asked, _ = await system.send("POST", f"/api/v1/booking/{created['id']}", boris, expect=201)
    _, position = await system.send(
        "PUT", f"/api/v1/booking/{asked['booking_id']}", anna, {"my_status": True}
    )
    return created["id"], boris, position


async def assert_guest_is_seen(
    system: RunningSystem, evening_id: str, boris: str, position: int
) -> None:
    path = f"/api/v1/announcement/{evening_id}?min_position={position}"
    seen = await system.get(path, boris)
    assert [guest["guest_name"] for guest in seen["guest_list"]] == ["Boris"]
    assert seen["tickets_left"] == 1
