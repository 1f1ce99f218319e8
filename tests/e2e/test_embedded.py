"""`practix run` as a newcomer has it: the README's tour, a kill, a restart, a demo."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from launcher.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "deploy" / "gateway" / "openapi.json"
PRACTIX = [sys.executable, "-c", "from launcher.cli import main; main()"]
START_S_MAX = 60.0


class Running:
    """A `practix run` and a client of it."""

    def __init__(self, data: Path, session: aiohttp.ClientSession, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = session
        self.environment = {
            **os.environ,
            "PORT": str(self.port),
            "PRACTIX_DATA": str(data),
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.process = subprocess.Popen(
            [*PRACTIX, "run"],
            env=self.environment,
            cwd=ROOT,
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
        """The body and the position. `expect` None takes whatever comes, even nothing."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self.session.request(
                method, self.url + path, json=body, headers=headers
            ) as response:
                content = await response.json(content_type=None)
                assert expect in (None, response.status), content
                return content, int(response.headers.get("X-Position", 0))
        except aiohttp.ClientConnectionError:
            if expect is not None:
                raise
            return None, 0

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
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        await asyncio.to_thread(self.process.wait, 30)
        return self.process.returncode


@asynccontextmanager
async def running(data: Path, **environment: str) -> AsyncIterator[Running]:
    async with aiohttp.ClientSession() as session:
        system = Running(data, session, **environment)
        try:
            await system.ready()
            yield system
        finally:
            if system.process.poll() is None:
                await system.stop()
            if system.process.stdout is not None:
                system.process.stdout.close()


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


async def confirmed_guest(system: Running) -> tuple[str, str, int]:
    """The README's tour; the evening, Boris's token, and the position of the approval."""
    anna, boris = await system.token("anna"), await system.token("boris")
    path = f"/api/v1/announcement/{await system.film()}"
    created, _ = await system.send("POST", path, anna, evening(), expect=201)
    asked, _ = await system.send("POST", f"/api/v1/booking/{created['id']}", boris, expect=201)
    _, position = await system.send(
        "PUT", f"/api/v1/booking/{asked['booking_id']}", anna, {"my_status": True}
    )
    return created["id"], boris, position


async def assert_guest_is_seen(system: Running, evening_id: str, boris: str, position: int) -> None:
    path = f"/api/v1/announcement/{evening_id}?min_position={position}"
    seen = await system.get(path, boris)
    assert [guest["guest_name"] for guest in seen["guest_list"]] == ["Boris"]
    assert seen["tickets_left"] == 1


@pytest.mark.timeout(300)
async def test_the_tour_survives_a_kill_and_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        evening_id, boris, position = await confirmed_guest(system)
        await assert_guest_is_seen(system, evening_id, boris, position)
        assert await system.stop(signal.SIGKILL) == -signal.SIGKILL
    async with running(tmp_path) as system:
        await assert_guest_is_seen(system, evening_id, boris, position)
        assert await system.stop() == 0
        offline = await asyncio.to_thread(system.command, "verify", "--offline", "--json")
        assert offline.returncode == 0, offline.stderr
        assert json.loads(offline.stdout)["scores_in_history"] is not None


async def test_readiness_tells_of_every_part_and_of_the_services_around_us(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        await system.send("POST", "/neighbours/control/ugc", body={"down": True})
        readiness = await system.get("/readyz")
    assert readiness["ready"] is True
    assert readiness["circuits"] == {
        "auth": "closed",
        "movies": "closed",
        "ugc": "open",
        "notification": "closed",
        "shortener": "closed",
    }
    assert {name.split(".")[0] for name in readiness} == {
        "ready",
        "circuits",
        "command_api",
        "query_api",
        "projector",
        "history",
        "notifier",
    }


async def test_a_second_start_on_the_same_data_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        second = system.command("run")
        assert second.returncode != 0
        assert "already running" in second.stderr
        assert await system.stop(signal.SIGINT) == 0


async def test_a_demo_is_replayed_and_verified(tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    lines = (ROOT / "demo" / "evening_rush.jsonl").read_text().splitlines()[:400]
    traffic.write_text("\n".join([*lines, "not json", '{"at_ms": 1, "kind": "request"}']))
    async with running(tmp_path / "data") as system:
        replay = await asyncio.to_thread(
            system.command, "demo", str(traffic), "--json", "--base-url", system.url
        )
        assert replay.returncode == 0, replay.stderr
        summary = json.loads(replay.stdout.splitlines()[-1])
        assert summary["verify"]["ok"]
        assert summary["verify"]["scores_in_history"] is not None
        assert (summary["lines"], summary["malformed"]) == (402, 2)
        assert summary["outcomes"]["confirmed"] > 20
        assert summary["outcomes"]["overlap"] > 0


async def test_an_evening_is_over_on_a_later_clock_which_cannot_be_turned_back(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as system:
        evening_id, boris, _ = await confirmed_guest(system)
    two_days = str(2 * 24 * 3600)
    async with running(tmp_path, PRACTIX_CLOCK_OFFSET_S=two_days) as system:
        boris = await system.token("boris")
        async with asyncio.timeout(20.0):
            path = f"/api/v1/announcement/{evening_id}"
            while (await system.get(path, boris))["status"] != "Done":
                await asyncio.sleep(0.1)
    async with aiohttp.ClientSession() as session:
        back = Running(tmp_path, session)
        output = (await asyncio.to_thread(back.process.communicate))[0]
        assert back.process.returncode != 0
        assert "PRACTIX_CLOCK_OFFSET_S" in output


def operations_of(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path, method) for path, of in document["paths"].items() for method in of}


async def test_the_document_shows_reads_and_writes(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        document = await system.get("/api/openapi.json")
        published = json.loads(PUBLISHED.read_text())
        assert operations_of(document) == operations_of(published)
        assert document["components"] == published["components"]
        assert {"get", "put", "delete"} <= set(
            document["paths"]["/api/v1/announcement/{announcement_id}"]
        )
        assert "DetailAnnouncementResponse" in document["components"]["schemas"]
        for path, operations in document["paths"].items():
            for operation in operations.values():
                declared = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
                assert declared == set(re.findall(r"{(\w+)}", path)), path
        assert await system.get("/healthz") == {"status": "alive"}
