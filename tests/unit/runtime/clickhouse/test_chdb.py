"""Questions to the embedded engine run one at a time, even if an asker leaves."""

import asyncio
import gc
from pathlib import Path

import pytest

from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.chdb_client import EngineProcess
from runtime.clickhouse.port import Quota, ResultSet
from tests.waiting import WITHIN_S

ANSWER = b'{"meta": [{"name": "n", "type": "UInt8"}], "data": [[1]]}'


class ScriptedEngine:
    """Answers each question when told to, whoever wants it broken off."""

    unconfined = None
    ended = False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken_off = 0
        self._answers: dict[str, asyncio.Future[bytes]] = {}

    async def call(self, lane: str, _kind: str, sql: str, _data: bytes = b"") -> bytes:
        if lane == "kill":
            self.broken_off += 1
            return b""
        self.asked.append(sql)
        self._answers[sql] = asyncio.get_running_loop().create_future()
        return await self._answers[sql]

    def answer(self, sql: str) -> None:
        self._answers[sql].set_result(ANSWER)

    async def kill(self) -> None:
        self.ended = True


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[ScriptedEngine]:
    """All that were started, in order."""
    started: list[ScriptedEngine] = []

    async def start(*_: object) -> ScriptedEngine:
        started.append(ScriptedEngine())
        return started[-1]

    monkeypatch.setattr(EngineProcess, "start", start)
    return started


@pytest.fixture
def analytics(tmp_path: Path) -> ChdbAnalytics:
    return ChdbAnalytics(tmp_path)


async def settle() -> None:
    """Let everything run that waits for nothing."""
    for _ in range(20):
        await asyncio.sleep(0)


async def leave(asking: asyncio.Task[ResultSet]) -> None:
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_question_waits_for_one_whose_asker_left(
    analytics: ChdbAnalytics, engines: list[ScriptedEngine]
) -> None:
    first = asyncio.create_task(analytics.ask("first"))
    await settle()
    second = asyncio.create_task(analytics.ask("second"))
    await leave(first)
    await settle()
    assert (engines[0].asked, engines[0].broken_off) == (["first"], 1)
    engines[0].answer("first")
    await settle()
    engines[0].answer("second")
    assert (await second).rows == [(1,)]


async def test_what_nobody_waits_for_any_more_is_not_asked(
    analytics: ChdbAnalytics, engines: list[ScriptedEngine]
) -> None:
    first, second, third = [
        asyncio.create_task(analytics.ask(sql)) for sql in ("first", "second", "third")
    ]
    await settle()
    await leave(second)
    engines[0].answer("first")
    await first
    await settle()
    engines[0].answer("third")
    await third
    assert (engines[0].asked, engines[0].broken_off) == (["first", "third"], 0)


async def test_a_question_past_its_limit_ends_the_engine_though_its_asker_left(
    tmp_path: Path,
    engines: list[ScriptedEngine],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("runtime.clickhouse.chdb.GRACE_S", 0.05)
    analytics = ChdbAnalytics(tmp_path, quota=Quota(seconds_max=0))
    first = asyncio.create_task(analytics.ask("first"))
    await settle()
    monkeypatch.setattr("runtime.clickhouse.chdb.GRACE_S", 60.0)
    await leave(first)
    second = asyncio.create_task(analytics.ask("second"))
    async with asyncio.timeout(WITHIN_S):
        while len(engines) < 2:
            await asyncio.sleep(0.01)
    await settle()
    engines[1].answer("second")
    assert (await second).rows == [(1,)]
    assert engines[0].ended
    gc.collect()
    assert [one.message for one in caplog.records if one.name == "asyncio"] == []
