"""The shipped account for analysts, on a real server: it reads, within its limits."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from launcher.servers.clickhouse import ANALYST
from query_api.analysts.questions import ready_questions
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import QueryRefused, Quota
from runtime.clickhouse.server import ServerAnalytics

NEWER = Path(ANALYST).with_name("analyst-newer.xml")


@pytest.fixture
async def analytics(
    clickhouse_dsn: str, clickhouse_analyst_dsn: str
) -> AsyncIterator[ServerAnalytics]:
    analytics = ServerAnalytics(clickhouse_dsn, analyst_dsn=clickhouse_analyst_dsn)
    await migrate(analytics)
    yield analytics
    await analytics.close()


async def test_the_analyst_reads_and_does_nothing_else(analytics: ServerAnalytics) -> None:
    for question in ready_questions().values():
        assert (await analytics.ask(question.sql, question.bind({}))).columns
    await analytics.execute("CREATE DATABASE IF NOT EXISTS elsewhere")
    await analytics.execute("CREATE TABLE IF NOT EXISTS elsewhere.secrets (x UInt8) ENGINE = Log")
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


async def test_nobody_is_let_in_without_the_password(clickhouse_analyst_dsn: str) -> None:
    scheme, _, place = clickhouse_analyst_dsn.partition("://")
    host = place.rpartition("@")[2]
    for password in ("", "guessed"):
        analytics = ServerAnalytics(f"{scheme}://analyst:{password}@{host}")
        with pytest.raises(QueryRefused):
            await analytics.query("SELECT 1")
        await analytics.close()


def test_the_account_has_the_limits_of_the_embedded_engine() -> None:
    profile = ElementTree.parse(ANALYST).getroot().find("profiles/analyst")
    assert profile is not None
    shipped = {one.tag: int(one.text or "") for one in profile}
    assert shipped.items() >= Quota().settings().items()
    assert list(shipped)[-1] == "readonly"  # After it nothing can be set.


def test_newer_servers_grant_the_account_one_database_and_no_sources() -> None:
    account = ElementTree.parse(NEWER).getroot().find("users/analyst")
    assert account is not None
    assert [one.text for one in account.iterfind("grants/query")] == [
        "GRANT SELECT, SHOW ON practix.*"
    ]
    limit = account.find("allow_databases")  # It and grants exclude each other.
    assert limit is not None
    assert limit.get("remove") == "remove"
