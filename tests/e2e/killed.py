"""Kills servers and processes under a launcher, and waits for what must follow."""

import asyncio
import os
import signal

from tests.cells.embedded import RunningSystem, evening
from tests.servers.process_tree import find_descendant
from tests.waiting import WITHIN_S


async def kill(system: RunningSystem, words: str) -> None:
    """Send SIGKILL, and wait until something else runs in its place and everything is ready."""
    killed = find_descendant(system.process.pid, words)
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(WITHIN_S):
        while True:
            await asyncio.sleep(0.2)
            assert system.process.poll() is None, system.process.communicate()[0]
            try:
                if find_descendant(system.process.pid, words) != killed:
                    break
            except LookupError:
                continue
    await system.ready()


async def wait_for_position(system: RunningSystem, token: str, position: int) -> None:
    """Wait until reads have come to the position. A reader notices late that a broker is back, and
    a PostgreSQL that was killed has forgotten what was written last."""
    path = f"{system.url}/api/v1/announcements?min_position={position}"
    async with asyncio.timeout(WITHIN_S):
        while True:
            headers = {"Authorization": f"Bearer {token}"}
            async with system.session.get(path, headers=headers) as response:
                if response.status == 200:
                    return
            await asyncio.sleep(0.2)


async def announce_and_see(system: RunningSystem) -> None:
    path = f"/api/v1/announcement/{await system.film()}"
    vera = await system.token("vera")
    _, position = await system.send("POST", path, vera, evening(), expect=201)
    await wait_for_position(system, vera, position)
