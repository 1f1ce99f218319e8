"""Servers and processes of the launcher that are killed under use come back by themselves."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from launcher.servers import kafka
from tests.conftest import unavailable
from tests.e2e.test_embedded import assert_guest_is_seen
from tests.embedded_system import Running, confirmed_guest, evening, running
from tests.process_tree import find_descendant

BACK_S_MAX = 120.0


async def kill(system: Running, words: str) -> None:
    """SIGKILL, and wait until something else runs in its place and everything is ready."""
    killed = find_descendant(system.process.pid, words)
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(BACK_S_MAX):
        while True:
            await asyncio.sleep(0.2)
            assert system.process.poll() is None, "the system ended"
            try:
                if find_descendant(system.process.pid, words) != killed:
                    break
            except LookupError:
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
            await kill(system, "bin/postgres -D")
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
        for words in ("kafka.Kafka", "bin/postgres -D", "-m projector", "-m command_api"):
            await kill(system, words)
            await reached(system, boris, position)
            await assert_guest_is_seen(system, evening_id, boris, position)
        await announce_and_see(system)
        assert await system.stop() == 0
