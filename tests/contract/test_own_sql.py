"""SQL of somebody else's can do no harm, on a server and in the embedded engine.

The engine is tried behind our check of the statement, too: `ask` runs it as it is.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.names import HARMLESS_TABLES
from runtime.clickhouse.port import (
    Analytics,
    AnalyticsUnavailable,
    OwnSqlBarred,
    QueryRefused,
    Quota,
    ResultSet,
)
from runtime.clickhouse.server import ServerAnalytics
from runtime.clickhouse.statement import demand_question
from tests.contract.own_sql_attacks import (
    ADDRESSES,
    DICTIONARIES,
    DIRECTED,
    FILES,
    HEAVY,
    PROGRAMS,
    RIGHTS,
    SYSTEM,
)
from tests.waiting import WITHIN_S

SECRET: Final = "the secret that signs the tokens"
CREATE: Final = "CREATE TABLE notes (id UInt64) ENGINE = ReplacingMergeTree ORDER BY id"


@pytest.fixture
async def analytics(analytics: Analytics) -> Analytics:
    await analytics.execute(CREATE)
    await analytics.insert("notes", {"id": [1]})
    return analytics


@pytest.fixture
def around(tmp_path: Path) -> Path:
    """The folder that has the secret, beside the engine's own."""
    folder = tmp_path / "around"
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    return folder


async def refusal_of(ask: Callable[[str], Awaitable[ResultSet]], sql: str) -> str:
    try:
        answer = await ask(sql)
    except QueryRefused as refused:
        return str(refused)
    pytest.fail(f"{sql} was answered: {str(answer.rows)[:100]}")


async def test_no_attack_is_answered(
    analytics: Analytics, around: Path, listener: tuple[int, list[str]]
) -> None:
    port, visitors = listener
    places = {
        "secret": around / "secret",
        "folder": around,
        "written": around / "written",
        "port": port,
    }
    for attack in (*FILES, *ADDRESSES, *PROGRAMS, *DICTIONARIES, *RIGHTS):
        sql = attack.format(**places)
        for ask in (analytics.ask_own, analytics.ask):
            refusal = await refusal_of(ask, sql)
            assert SECRET not in refusal
    for attack in (*DIRECTED, *SYSTEM):
        await refusal_of(analytics.ask_own, attack.format(**places))
    assert visitors == []
    assert [one.name for one in around.iterdir()] == ["secret"]
    assert (await analytics.ask_own("SELECT count() FROM notes")).rows == [(1,)]


async def test_only_harmless_table_functions_of_the_engine_are_for_questions(
    analytics: Analytics,
) -> None:
    names = await analytics.query("SELECT name FROM system.table_functions")
    passed = set()
    for (name,) in names.rows:
        with suppress(QueryRefused):
            demand_question(f"SELECT * FROM {name}(1)")
            passed.add(str(name).lower())
            continue
        with suppress(QueryRefused):  # Wherever the name stands.
            demand_question(f"SELECT 1 WHERE f({name}(1))")
            passed.add(f"{name} inside")
    # A function of text has the same name.
    assert {"numbers"} <= passed <= HARMLESS_TABLES | {"format inside"}


async def test_answers_are_bounded_in_bytes_rows_and_memory(analytics: Analytics) -> None:
    for sql in HEAVY:
        for ask in (analytics.ask_own, analytics.ask):
            await refusal_of(ask, sql)
    assert (await analytics.ask_own("SELECT 1 AS one")).rows == [(1,)]


async def test_what_is_asked_is_the_engines_own_reading_of_it(tmp_path: Path) -> None:
    analytics = ChdbAnalytics(tmp_path)
    sql = "SELECT 'it''s', $$a 'quote'$$ /* ; */ , `o\\x6ee` FROM (SELECT 1 AS one) -- ;\n;"
    assert (await analytics.ask_own(sql)).rows == [("it's", "a 'quote'", 1)]
    await analytics.close()


async def test_without_confinement_only_ready_questions_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analytics = ChdbAnalytics(tmp_path)
    await analytics.query("SELECT 1")
    monkeypatch.setattr(analytics._engine, "unconfined", "no_landlock")
    with pytest.raises(OwnSqlBarred, match="no_landlock"):
        await analytics.ask_own("SELECT 1")
    assert (await analytics.ask("SELECT 1")).rows == [(1,)]
    await analytics.close()


async def test_without_an_account_that_only_reads_a_server_takes_ready_questions_only(
    clickhouse_dsn: str,
) -> None:
    accounts = {"no_analyst_account": None, "analyst_may_write": clickhouse_dsn}
    for reason, analyst_dsn in accounts.items():
        analytics = ServerAnalytics(clickhouse_dsn, analyst_dsn=analyst_dsn)
        with pytest.raises(OwnSqlBarred, match=reason):
            await analytics.ask_own("SELECT 1")
        assert (await analytics.ask("SELECT 1")).rows == [(1,)]
        await analytics.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_an_engine_that_ends_is_started_again_with_what_it_had(
    tmp_path: Path, number: signal.Signals
) -> None:
    analytics = ChdbAnalytics(tmp_path)
    await analytics.execute(CREATE)
    await analytics.insert("notes", {"id": [1]})
    endless = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))"
    question = asyncio.create_task(analytics.ask(endless))
    await analytics.query("SELECT 1")
    assert analytics._engine is not None
    os.kill(analytics._engine.pid, number)
    with pytest.raises(AnalyticsUnavailable, match=number.name):
        await question
    assert (await analytics.query("SELECT count() FROM notes")).rows == [(1,)]
    await analytics.close()


async def test_a_question_that_does_not_end_at_its_limit_ends_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analytics = ChdbAnalytics(tmp_path, quota=Quota(seconds_max=1))
    await analytics.query("SELECT 1")
    assert analytics._engine is not None
    os.kill(analytics._engine.pid, signal.SIGSTOP)
    monkeypatch.setattr("runtime.clickhouse.chdb.GRACE_S", 0.1)
    with pytest.raises(QueryRefused, match="Timeout"):
        await analytics.ask("SELECT 1")
    monkeypatch.setattr("runtime.clickhouse.chdb.GRACE_S", 60.0)  # It has to start first.
    assert (await analytics.ask("SELECT 1")).rows == [(1,)]
    await analytics.close()


async def test_readers_and_the_writer_never_wait_for_questions_or_scans(
    analytics: Analytics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.clickhouse.chdb_client.CLOSE_S_MAX", 0.2)
    endless = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))"
    slow = [asyncio.create_task(analytics.ask(endless)) for _ in range(3)]
    slow.append(asyncio.create_task(analytics.scan(endless)))
    for _ in range(3):
        await analytics.insert("notes", {"id": [1]})
        assert (await analytics.query("SELECT count() > 0 FROM notes")).rows == [(1,)]
    assert [one.done() for one in slow] == [False] * 4
    async with asyncio.timeout(WITHIN_S):  # It breaks them off.
        await analytics.close()
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert {type(one) for one in results} == {AnalyticsUnavailable}
