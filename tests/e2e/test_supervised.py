"""Servers and processes of the launcher that are killed under use come back by themselves."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.servers import kafka
from tests.conftest import unavailable
from tests.e2e.test_embedded import assert_guest_is_seen
from tests.embedded_system import Running, confirmed_guest, evening, running

BACK_S_MAX = 120.0


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from descendants(child)


def find(system: Running, words: bytes) -> int:
    """The first process under the launcher whose command line has these words."""
    for pid in descendants(system.process.pid):
        try:
            if words in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "):
                return pid
        except OSError:
            continue
    raise AssertionError(f"no process {words!r}")


async def kill(system: Running, words: bytes) -> None:
    """SIGKILL, and wait until something else runs in its place and everything is ready."""
    killed = find(system, words)
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(BACK_S_MAX):
        while True:
            await asyncio.sleep(0.2)
            assert system.process.poll() is None, "the system ended"
            try:
                if find(system, words) != killed:
                    break
            except AssertionError:
                continue
    await system.ready()


async def reached(system: Running, token: str, position: int) -> None:
    """Wait until reads have come to the position: a reader notices late that a broker is back,
    and a PostgreSQL that was killed has forgotten what was written last."""
    path = f"{system.url}/api/v1/announcements?min_position={position}"
    async with asyncio.timeout(BACK_S_MAX):
        while True:
            headers = {"Authorization": f"Bearer {token}"}
            async with system.session.get(path, headers=headers) as response:
                if response.status == 200:
                    return
            await asyncio.sleep(0.2)


async def announce_and_see(system: Running) -> None:
    path = f"/api/v1/announcement/{await system.film()}"
    vera = await system.token("vera")
    _, position = await system.send("POST", path, vera, evening(), expect=201)
    await reached(system, vera, position)


@pytest.mark.timeout(300)
async def test_an_embedded_system_outlives_its_postgresql(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        evening_id, boris, position = await confirmed_guest(system)
        for _ in range(2):
            await kill(system, b"bin/postgres -D")
            await reached(system, boris, position)
            await assert_guest_is_seen(system, evening_id, boris, position)
        await announce_and_see(system)
        assert await system.stop() == 0


@pytest.mark.timeout(300)
async def test_separate_processes_outlive_their_servers_and_are_started_again(
    tmp_path: Path,
) -> None:
    if reason := kafka.why_unavailable():
        unavailable(reason)
    async with running(tmp_path, PRACTIX_PROFILE="servers") as system:
        evening_id, boris, position = await confirmed_guest(system)
        for words in (b"kafka.Kafka", b"bin/postgres -D", b"-m projector", b"-m command_api"):
            await kill(system, words)
            await reached(system, boris, position)
            await assert_guest_is_seen(system, evening_id, boris, position)
        await announce_and_see(system)
        assert await system.stop() == 0
