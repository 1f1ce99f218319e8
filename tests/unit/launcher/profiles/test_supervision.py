"""Whatever the launcher started is started again, but not for ever."""

import asyncio

import pytest

from launcher.profiles.supervision import Patience, keep_up
from launcher.servers.process import ServerFailed
from runtime.process.tasks import end, start_for
from tests.waiting import WITHIN_S

HURRIED = Patience(restarts_max=3, within_s=600.0, pause_s=0.01)


class ScriptedServer:
    """Ends when it is told to, or `at_once` whenever it is started."""

    name = "postgres"

    def __init__(self, *, at_once: bool = False, fails: int = 0) -> None:
        self.running = not at_once
        self.starts = 0
        self._at_once = at_once
        self._fails = fails

    async def start(self) -> None:
        self.starts += 1
        if self._fails:
            self._fails -= 1
            raise ServerFailed("no room on the disk")
        self.running = not self._at_once

    def describe_end(self) -> str:
        return "status -9"


async def started(server: ScriptedServer, times: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while server.starts < times or not server.running:
            await asyncio.sleep(0.01)


async def test_what_ended_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    server = ScriptedServer()
    keeping = start_for(keep_up(server, HURRIED), "keeper")
    for kill in range(2):
        server.running = False
        await started(server, kill + 1)
    await end(keeping)
    assert server.starts == 2
    assert "postgres ended: status -9; starting it again (1 of 3)" in caplog.messages


async def test_what_does_not_start_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    server = ScriptedServer(fails=1)
    keeping = start_for(keep_up(server, HURRIED), "keeper")
    server.running = False
    await started(server, 2)
    await end(keeping)
    assert "postgres did not start: no room on the disk" in caplog.messages


async def test_what_ends_again_and_again_is_given_up_with_the_reason() -> None:
    server = ScriptedServer(at_once=True)
    with pytest.raises(ServerFailed, match="postgres ended 4 times in 600 s: status -9"):
        await asyncio.wait_for(keep_up(server, HURRIED), WITHIN_S)
    assert server.starts == 3


async def test_ends_that_are_long_past_do_not_count() -> None:
    server = ScriptedServer(at_once=True)
    forgetful = HURRIED._replace(within_s=0.1)
    keeping = start_for(keep_up(server, forgetful), "keeper")
    async with asyncio.timeout(WITHIN_S):
        while server.starts <= HURRIED.restarts_max:
            await asyncio.sleep(0.01)
    await end(keeping)
