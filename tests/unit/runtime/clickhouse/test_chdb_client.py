"""Calls to an engine's process that is gone, in the loop that services run in."""

import asyncio
from asyncio.subprocess import PIPE

import pytest
import uvloop

from runtime.clickhouse.chdb_client import EngineProcess
from runtime.clickhouse.port import AnalyticsUnavailable
from tests.waiting import WITHIN_S


async def call_through_a_closed_pipe() -> None:
    """uvloop closes the pipe once it has seen the process end, which may be before replies end."""
    process = await asyncio.create_subprocess_exec("sleep", "60", stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    engine = EngineProcess(process, None)
    process.stdin.close()
    await process.stdin.wait_closed()
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises(AnalyticsUnavailable):
            await engine.call("ask", "select", "SELECT 1")
    await engine.kill()


def test_who_calls_before_the_end_of_replies_is_told() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(call_through_a_closed_pipe())
