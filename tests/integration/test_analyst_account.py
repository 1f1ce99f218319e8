"""The shipped account for analysts, on a real server: it reads, within its limits."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from launcher.servers.clickhouse import DATABASE, ClickHouseServer
from projector.analytics.questions import ready_questions
from runtime.clickhouse import QueryRefused
from runtime.clickhouse_migrations import migrate
from runtime.clickhouse_server import ServerAnalytics

ACCOUNT: Final = Path(__file__).parents[2] / "deploy" / "clickhouse" / "analyst.xml"
PASSWORD: Final = "the analyst's"


@pytest.fixture
def account(own_clickhouse_server: ClickHouseServer, tmp_path: Path) -> Path:
    """A data directory with the shipped file in it; the shared server proves that one can
    be run at all."""
    assert own_clickhouse_server.port
    users = tmp_path / "users.d"
    users.mkdir()
    password_hash = hashlib.sha256(PASSWORD.encode()).hexdigest()
    (users / "analyst.xml").write_text(ACCOUNT.read_text().replace("0" * 64, password_hash))
    return tmp_path


@pytest.fixture
async def analytics(account: Path) -> AsyncIterator[ServerAnalytics]:
    async with ClickHouseServer(account) as server:
        password = PASSWORD.replace(" ", "%20")
        as_analyst = f"clickhouse://analyst:{password}@127.0.0.1:{server.port}/{DATABASE}"
        analytics = ServerAnalytics(server.dsn, analyst_dsn=as_analyst)
        await migrate(analytics)
        yield analytics
        await analytics.close()


async def test_the_analyst_reads_and_does_nothing_else(analytics: ServerAnalytics) -> None:
    for question in ready_questions().values():
        assert (await analytics.ask(question.sql, question.bindings({}))).columns
    await analytics.execute("CREATE DATABASE elsewhere")
    await analytics.execute("CREATE TABLE elsewhere.secrets (x UInt8) ENGINE = Log")
    for refused in (
        "INSERT INTO refusals (seq) VALUES (1)",
        "DROP TABLE events",
        "SET max_execution_time = 0",
        "SELECT 1 SETTINGS max_result_rows = 0",
        "SELECT * FROM elsewhere.secrets",
        "SELECT number FROM system.numbers LIMIT 100001",
    ):
        with pytest.raises(QueryRefused):
            await analytics.ask(refused)
    answer = await analytics.query("SELECT count() FROM events")
    assert answer.rows == [(0,)]


async def test_without_a_password_of_its_own_nobody_is_let_in(account: Path) -> None:
    (account / "users.d" / "analyst.xml").write_text(ACCOUNT.read_text())
    async with ClickHouseServer(account) as server:
        for password in ("", PASSWORD.replace(" ", "%20")):
            dsn = f"clickhouse://analyst:{password}@127.0.0.1:{server.port}/{DATABASE}"
            analytics = ServerAnalytics(dsn)
            with pytest.raises(QueryRefused):
                await analytics.ask("SELECT 1")
            await analytics.close()
