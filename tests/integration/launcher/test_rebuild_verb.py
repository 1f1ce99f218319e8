"""`practix rebuild --only history` against a served projector."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import msgspec
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from launcher.cli import app as practix
from projector.history.service import HistoryService
from projector.http import build_router
from projector.rebuild.history_rebuilding import HistoryRebuilding
from projector.service import ProjectorService
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from tests.histories.random_people import RandomPeople
from tests.integration.launcher.invoking import SECRET
from tests.servers.http_server import served
from tests.waiting import eventually


@pytest.fixture
async def url(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> AsyncIterator[str]:
    chain = RandomPeople(1).live(60).chain
    await chain.write_to(sqlite_journal)
    analytics = ChdbAnalytics(tmp_path / "chdb")
    history = HistoryService(sqlite_journal, analytics)
    await history.start()
    await eventually(lambda: history.position == chain.seq)
    rebuilding = HistoryRebuilding(sqlite_journal, analytics, history)
    service = ProjectorService(sqlite_journal, tables, history_rebuilding=rebuilding)
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(service, OperatorGuard(SECRET)))
    async with served(app) as found:
        yield found
    await history.stop()
    await analytics.close()


async def rebuild(url: str, *words: str) -> Result:
    runner = CliRunner(env={"PRACTIX_OPERATOR_TOKEN": SECRET, "COLUMNS": "160"})
    return await asyncio.to_thread(
        lambda: runner.invoke(practix, ["rebuild", "--base-url", url, *words])
    )


async def test_the_history_is_rebuilt_and_brought_back(url: str) -> None:
    missing = await rebuild(url, "--only", "history", "--roll-back")
    assert missing.exit_code == 1
    assert "404" in missing.stderr

    shown = await rebuild(url, "--only", "history")
    assert shown.exit_code == 0, shown.output
    assert "ranges of positions that differ: 0" in shown.stdout
    assert "switched: history" in shown.stdout.splitlines()
    assert "unknown" not in shown.stdout

    back = await rebuild(url, "--only", "history", "--roll-back", "--json")
    assert back.exit_code == 0, back.output
    result = msgspec.json.decode(back.stdout)
    assert result["switched"]
    assert result["rows"]["events"] > 0


async def test_nothing_else_can_be_rebuilt_alone(url: str) -> None:
    refused = await rebuild(url, "--only", "nothing")
    assert refused.exit_code == 1
    assert "422" in refused.stderr
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {SECRET}"}) as session,
        session.post(f"{url}/api/v1/operator/rebuild?only=nothing") as answer,
    ):
        problem = await answer.json()
    assert problem["code"] == "malformed_query"
    assert problem["parameter"] == "only"
    assert "history" in problem["known"]
