"""What every adapter of `runtime.clickhouse.port.Analytics` promises, on a server and on chdb."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate, server_version
from runtime.clickhouse.port import Analytics, AnalyticsUnavailable, Columns, QueryRefused, Quota
from runtime.migration_files import MigrationEdited
from tests.servers.clickhouse_engines import ENGINES, Open, opener

QUOTA = Quota(seconds_max=2, rows_max=1_000, memory_bytes_max=500_000_000)
CREATE = """
    CREATE TABLE notes (
        id UInt64, text String, score Nullable(Int32), day Date, ratio Float64, flag UInt8
    ) ENGINE = ReplacingMergeTree ORDER BY id
"""
ROWS: Columns = {
    "id": [2**64 - 1, 1],
    "text": ['it\'s \\ "quoted" \n\t%', "фильм"],
    "score": [None, -7],
    "day": [date(2026, 3, 1), date(1970, 1, 1)],
    "ratio": [0.5, 2.0],
    "flag": [1, 0],
}


@pytest.fixture(params=ENGINES)
def open_analytics(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    return opener(request, tmp_path, QUOTA)


async def test_rows_come_back_as_they_were_put_in(analytics: Analytics) -> None:
    await analytics.execute(CREATE)
    await analytics.insert("notes", ROWS)
    answer = await analytics.query("SELECT * FROM notes ORDER BY id")
    assert answer.columns == ("id", "text", "score", "day", "ratio", "flag")
    assert answer.types[:3] == ("UInt64", "String", "Nullable(Int32)")
    assert answer.rows == [
        (1, "фильм", -7, "1970-01-01", 2.0, 0),
        (2**64 - 1, 'it\'s \\ "quoted" \n\t%', None, "2026-03-01", 0.5, 1),
    ]


async def test_times_and_lists_are_plain(analytics: Analytics) -> None:
    answer = await analytics.query("SELECT toDateTime(1700000000, 'UTC') AS at, [1, 2] AS many")
    assert [list(row) for row in answer.rows] == [["2023-11-14 22:13:20", [1, 2]]]


async def test_parameters_are_values_never_sql(analytics: Analytics) -> None:
    hostile = "x' OR '1'='1 \\' -- \n%(other)s"
    answer = await analytics.query(
        "SELECT %(text)s AS text, %(number)s + 1 AS number, '100%%' LIKE '%%' AS percent",
        {"text": hostile, "number": 41},
    )
    assert answer.rows == [(hostile, 42, 1)]
    among = "SELECT %(text)s IN %(texts)s AS is_in"
    for texts, is_in in ((("a", hostile), 1), (("a",), 0)):
        answer = await analytics.query(among, {"text": hostile, "texts": texts})
        assert answer.rows == [(is_in,)]


async def test_an_insert_without_rows_does_nothing(analytics: Analytics) -> None:
    await analytics.execute(CREATE)
    await analytics.insert("notes", {name: [] for name in ROWS})
    assert (await analytics.query("SELECT count() FROM notes")).rows == [(0,)]


async def test_no_rows_still_have_columns(analytics: Analytics) -> None:
    await analytics.execute(CREATE)
    assert (await analytics.query("SELECT id, text FROM notes")).columns == ("id", "text")


async def test_what_is_wrong_is_said_and_the_next_query_works(analytics: Analytics) -> None:
    with pytest.raises(QueryRefused, match=r"missing_table") as refused:
        await analytics.query("SELECT 1 FROM missing_table")
    assert "Stack trace" not in str(refused.value)
    with pytest.raises(QueryRefused):
        await analytics.insert("missing_table", {"id": [1]})
    assert (await analytics.query("SELECT 1")).rows == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO notes (id) VALUES (9)",
        "CREATE TABLE other (id UInt64) ENGINE = MergeTree ORDER BY id",
        "DROP TABLE notes",
        "OPTIMIZE TABLE notes",
        "ALTER TABLE notes DELETE WHERE 1",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT * FROM file('/etc/passwd', 'TSV', 'line String')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'line String')",
        "SELECT * FROM remote('127.0.0.1', 'system', 'one')",
    ],
)
async def test_the_engine_itself_refuses_to_write_for_a_question(
    analytics: Analytics, sql: str
) -> None:
    await analytics.execute(CREATE)
    await analytics.insert("notes", ROWS)
    with pytest.raises(QueryRefused):
        await analytics.ask(sql)
    assert (await analytics.ask("SELECT count() FROM notes")).rows == [(2,)]


async def test_a_question_ends_at_its_quota_of_time_and_rows(analytics: Analytics) -> None:
    endless = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))"
    with pytest.raises(QueryRefused, match=r"(?i)timeout"):
        await analytics.ask(endless)
    with pytest.raises(QueryRefused, match=r"(?i)limit"):
        await analytics.ask("SELECT number FROM system.numbers LIMIT 1001")


async def test_an_answer_that_breaks_off_leaves_nothing_for_the_next(
    analytics: Analytics,
) -> None:
    broken_off = "SELECT throwIf(number = 70000) FROM numbers(100000)"
    for ask, sql in (
        (analytics.ask, "SELECT number FROM numbers(100000)"),  # More than the quota.
        (analytics.ask, broken_off),
        (analytics.query, broken_off),
    ):
        with pytest.raises(QueryRefused):
            await ask(sql)
        assert (await ask("SELECT 1 AS one")).rows == [(1,)]
    with pytest.raises(QueryRefused):
        await analytics.execute("INSERT INTO missing_table SELECT 1")
    await analytics.execute(CREATE)
    await analytics.insert("notes", ROWS)
    assert (await analytics.query("SELECT count() FROM notes")).rows == [(2,)]


async def test_writing_goes_on_while_a_question_runs(analytics: Analytics) -> None:
    await analytics.execute(CREATE)
    endless = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))"
    question = asyncio.create_task(analytics.ask(endless))
    await analytics.insert("notes", ROWS)
    assert (await analytics.query("SELECT count() FROM notes")).rows == [(2,)]
    assert not question.done()
    with pytest.raises(QueryRefused):
        await question


async def test_migrations_apply_once_and_an_edited_one_is_noticed(
    analytics: Analytics, tmp_path: Path
) -> None:
    (tmp_path / "0001_a.sql").write_text("-- A table.\nCREATE TABLE a (x UInt8) ENGINE = Log;\n")
    (tmp_path / "0002_b.sql").write_text("-- requires: 99.1\nSELECT no such thing;\n")
    assert await migrate(analytics, tmp_path) == ["0001_a.sql"]
    assert await migrate(analytics, tmp_path) == []
    (tmp_path / "0001_a.sql").write_text("SELECT 1;\n")
    with pytest.raises(MigrationEdited):
        await migrate(analytics, tmp_path)


async def test_our_own_migrations_fit_the_engine(analytics: Analytics) -> None:
    applied = await migrate(analytics)
    newest = await server_version(analytics) >= (23, 3)
    assert ("0002_newer_servers.sql" in applied) is newest
    assert await migrate(analytics) == []


async def test_engines_on_different_paths_live_side_by_side(tmp_path: Path) -> None:
    first, second = ChdbAnalytics(tmp_path / "first"), ChdbAnalytics(tmp_path / "second")
    await first.execute(CREATE)
    assert (await second.query("SHOW TABLES")).rows == []
    await second.close()
    await first.close()


async def test_a_second_engine_on_the_same_path_waits_for_the_first(tmp_path: Path) -> None:
    first, second = ChdbAnalytics(tmp_path), ChdbAnalytics(tmp_path)
    await first.query("SELECT 1")
    with pytest.raises(AnalyticsUnavailable, match="in use"):
        await second.query("SELECT 1")
    await first.close()
    assert (await second.query("SELECT 1")).rows == [(1,)]
    await second.close()


async def test_what_chdb_holds_survives_a_restart(tmp_path: Path) -> None:
    first = ChdbAnalytics(tmp_path)
    await first.execute(CREATE)
    await first.insert("notes", ROWS)
    await first.close()
    second = ChdbAnalytics(tmp_path)
    assert (await second.query("SELECT count() FROM notes")).rows == [(2,)]
    await second.close()
