"""A question whose asker left is broken off, on a server and on chdb, with the shipped limits."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from runtime.clickhouse.port import Analytics
from tests.servers.clickhouse_engines import ENGINES, Open, opener

PATIENCE_S: Final = 30.0
"""Half of what a question may take, and far more than breaking it off takes."""
ENDLESS: Final = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))"
RUNNING: Final = "SELECT count() FROM system.processes WHERE query LIKE '%ignore(sipHash64%'"


@pytest.fixture(params=ENGINES)
def open_analytics(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    return opener(request, tmp_path)


async def wait_until_running(analytics: Analytics, count: int) -> None:
    """Count the question itself as well."""
    async with asyncio.timeout(PATIENCE_S):
        while (await analytics.query(RUNNING)).rows != [(count + 1,)]:
            await asyncio.sleep(0.05)


async def leave(asking: asyncio.Task[object]) -> None:
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_question_whose_asker_left_is_broken_off(analytics: Analytics) -> None:
    asking: asyncio.Task[object] = asyncio.create_task(analytics.ask(ENDLESS))
    await wait_until_running(analytics, 1)
    await leave(asking)
    async with asyncio.timeout(PATIENCE_S):
        assert (await analytics.ask("SELECT 1 AS one")).rows == [(1,)]
    await wait_until_running(analytics, 0)


async def test_a_question_that_is_left_at_once_keeps_nobody_waiting(analytics: Analytics) -> None:
    """It may not have begun when it is to be broken off."""
    for turns in (1, 5, 20):
        asking: asyncio.Task[object] = asyncio.create_task(analytics.ask(ENDLESS))
        for _ in range(turns):
            await asyncio.sleep(0)
        await leave(asking)
    async with asyncio.timeout(PATIENCE_S):
        assert (await analytics.ask("SELECT 1 AS one")).rows == [(1,)]
    await wait_until_running(analytics, 0)
