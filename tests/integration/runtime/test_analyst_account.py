"""The shipped account for analysts, on a real server: it reads, within its limits."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from launcher.servers.clickhouse import ANALYST
from query_api.analysts.questions import ready_questions
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, migrate
from runtime.clickhouse.port import OwnSqlBarred, QueryRefused, Quota
from runtime.clickhouse.server import (
    ServerAnalytics,
    database_of,
    in_database,
    open_analysts_database,
)

NEWER = Path(ANALYST).with_name("analyst-newer.xml")


@pytest.fixture
async def analytics(
    clickhouse_dsn: str, clickhouse_analyst_dsn: str
) -> AsyncIterator[ServerAnalytics]:
    analytics = open_analysts_database(clickhouse_dsn, clickhouse_analyst_dsn)
    await migrate(analytics, ANALYSTS_MIGRATIONS)
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


async def test_the_analyst_reads_neither_the_history_nor_the_system(
    analytics: ServerAnalytics, clickhouse_dsn: str
) -> None:
    history = ServerAnalytics(clickhouse_dsn)
    await migrate(history)
    closed = database_of(clickhouse_dsn)
    for table in ("events", "ratings", "refusals", "history_position"):
        for ask in (analytics.ask, analytics.ask_own):
            with pytest.raises(QueryRefused, match=r"denied|privileges"):
                await ask(f"SELECT * FROM {closed}.{table}")
    for table in ("system.processes", '"system".query_log', "SYSTEM . `tables`"):
        with pytest.raises(QueryRefused, match="not for questions"):
            await analytics.ask_own(f"SELECT * FROM {table}")
    for spelt in ('"s\\x79stem".processes', "`s\\x79stem`.query_log"):
        with pytest.raises(QueryRefused, match="not understood"):
            await analytics.ask_own(f"SELECT * FROM {spelt}")
    with pytest.raises(QueryRefused, match="not for questions"):
        await analytics.ask_own("SHOW PROCESSLIST")
    assert (await analytics.ask_own("SELECT count() FROM events")).rows == [(0,)]
    await history.close()


async def test_own_sql_is_barred_with_an_account_that_reads_the_history(
    clickhouse_dsn: str,
) -> None:
    """The account of an earlier version, whose file nobody has replaced."""
    analytics = open_analysts_database(clickhouse_dsn, clickhouse_dsn)
    await migrate(analytics, ANALYSTS_MIGRATIONS)
    with pytest.raises(OwnSqlBarred, match="analyst_reads_history"):
        await analytics.ask_own("SELECT 1")
    await analytics.close()


async def test_questions_run_in_the_analysts_database_whatever_the_address_says(
    clickhouse_dsn: str, clickhouse_analyst_dsn: str
) -> None:
    stale = in_database(clickhouse_analyst_dsn, database_of(clickhouse_dsn))
    analytics = open_analysts_database(clickhouse_dsn, stale)
    await migrate(analytics, ANALYSTS_MIGRATIONS)
    expected = database_of(clickhouse_dsn) + "_analysts"
    assert (await analytics.ask_own("SELECT currentDatabase()")).rows == [(expected,)]
    await analytics.close()


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
        "GRANT SELECT, SHOW ON practix_analysts.*"
    ]
    limit = account.find("allow_databases")  # It and grants exclude each other.
    assert limit is not None
    assert limit.get("remove") == "remove"
