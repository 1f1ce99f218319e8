"""The history follows a journal into ClickHouse, whatever is interrupted, and answers over
HTTP; on a server and on chdb."""

import asyncio
import base64
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from fastapi import FastAPI

from projector.history.block import block_of
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from projector.history.sink import ClickHouseSink
from query_api.analysts.routes import build_router
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.migrations import MIGRATIONS, migrate
from runtime.clickhouse.port import (
    Analytics,
    AnalyticsUnavailable,
    Columns,
    ResultSet,
    SqlParameter,
)
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.http.problems import install_problems
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from tests.histories.stated import StatedHistory, evenings_in_march
from tests.servers.http_server import served
from tests.servers.nothing_saved import asker_of_ready_questions
from tests.waiting import POLL_S, WITHIN_S, eventually

SECRET: Final = "the operator's secret of the tests"
QUICK: Final = HISTORY_LIMITS._replace(events_max=7, pause_s=0.0, idle_wait_s=0.05)
COUNTS: Final = """
    SELECT uniqExact(seq, event_index), count(), (SELECT uniqExact(seq, part) FROM refusals)
    FROM events FINAL
"""


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    """Hold the evenings of March."""
    journal = SqliteJournal(tmp_path / "journal.db")
    await evenings_in_march().write_to(journal)
    yield journal
    await journal.close()


def expected_counts(stated: StatedHistory) -> tuple[int, int, int]:
    events = sum(len(commit.events) for commit in stated.commits)
    refusals = sum(commit.outcome.refused for commit in stated.commits)
    return events, events, refusals + 1  # One guest of the bulk invitation.


@asynccontextmanager
async def following(
    journal: Journal, analytics: Analytics, until: int | None = None
) -> AsyncIterator[HistoryService]:
    """A service that has come to `until`, the end of the history by default."""
    service = HistoryService(journal, analytics, limits=QUICK)
    await service.start()
    wanted = len(evenings_in_march().commits) + 1 if until is None else until
    try:
        await eventually(lambda: service.position >= wanted)
        yield service
    finally:
        await service.stop()


class BreakingAnalytics:
    """Analytics that fail before or after chosen inserts, as a broken connection does."""

    def __init__(self, inner: Analytics, *, fail_at: set[int], after: bool) -> None:
        self._inner = inner
        self._fail_at = fail_at
        self._after = after
        self.inserts = 0

    async def insert(self, table: str, columns: Columns) -> None:
        self.inserts += 1
        breaks = self.inserts in self._fail_at
        if not breaks or self._after:
            await self._inner.insert(table, columns)
        if breaks:
            raise AnalyticsUnavailable("cut off")

    async def create_database(self) -> None:
        await self._inner.create_database()

    async def execute(self, sql: str) -> None:
        await self._inner.execute(sql)

    async def query(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self._inner.query(sql, parameters)

    async def scan(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self._inner.scan(sql, parameters)

    async def ask(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self._inner.ask(sql, parameters)

    async def ask_own(self, sql: str) -> ResultSet:
        return await self._inner.ask_own(sql)

    async def close(self) -> None: ...


async def test_everything_that_happened_is_there_once(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics) as service:
        assert service.readiness()["clickhouse"] == "available"
        assert (await analytics.query(COUNTS)).rows == [expected_counts(evenings_in_march())]


async def test_a_restart_goes_on_behind_what_is_stored(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics):
        pass
    counted = BreakingAnalytics(analytics, fail_at=set(), after=False)
    async with following(journal, counted):
        assert counted.inserts == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_lost_connection_anywhere_changes_nothing(
    journal: SqliteJournal, analytics: Analytics, after: bool
) -> None:
    breaking = BreakingAnalytics(analytics, fail_at={1, 3, 4, 6, 9, 13}, after=after)
    async with following(journal, breaking):
        assert (await analytics.query(COUNTS)).rows == [expected_counts(evenings_in_march())]


async def test_a_lost_position_is_only_a_redelivery(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics):
        pass
    await analytics.execute("DROP TABLE history_position")
    await analytics.execute("DROP TABLE schema_migrations")
    async with following(journal, analytics):
        assert (await analytics.query(COUNTS)).rows == [expected_counts(evenings_in_march())]


async def test_two_writers_are_as_good_as_one(journal: SqliteJournal, analytics: Analytics) -> None:
    async with following(journal, analytics), following(journal, analytics):
        assert (await analytics.query(COUNTS)).rows == [expected_counts(evenings_in_march())]


class HistoryClient:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def get(self, path: str, **query: str) -> tuple[int, Mapping[str, str], bytes]:
        async with self._session.get(self._url + path, params=query) as response:
            return response.status, response.headers, await response.read()

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        async with self._session.post(self._url + path, json=body) as response:
            return response.status, await response.json()


@asynccontextmanager
async def client_of(analytics: Analytics, token: str = SECRET) -> AsyncIterator[HistoryClient]:
    app = FastAPI()
    install_problems(app)
    history = HistoryReads(analytics, MIN_POSITION_WAIT_S)
    asker = asker_of_ready_questions(analytics)
    app.include_router(build_router(asker, analytics, history, OperatorGuard(SECRET)))
    headers = {"Authorization": f"Bearer {token}"}
    async with served(app) as url, aiohttp.ClientSession(headers=headers) as session:
        yield HistoryClient(session, f"{url}/api/v1/operator")


async def test_questions_are_listed_and_answered(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics) as service, client_of(analytics) as client:
        status, _, body = await client.get("/ask")
        listed = {one["name"] for one in msgspec.json.decode(body)["questions"]}
        assert status == 200
        assert {"request_funnel", "rating_drift", "fill_curve"} <= listed
        status, headers, body = await client.get(
            "/ask", name="request_funnel", from_day="2026-03-05"
        )
        answer = msgspec.json.decode(body)
        assert (status, headers["X-Position"]) == (200, str(service.position))
        assert answer["rows"] == [["2026-03-05", 2, 1, 1, 50.0]]
        assert answer["question"]["title"] == "From request to seat, by day"


async def test_ones_own_sql_reads_and_does_nothing_else(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics), client_of(analytics) as client:
        sql = (
            "SELECT type, count() AS n FROM events FINAL WHERE type LIKE '%cancelled' GROUP BY type"
        )
        status, answer = await client.post("/ask", {"sql": sql})
        assert (status, answer["columns"], answer["rows"]) == (
            200,
            ["type", "n"],
            [["announcement.cancelled", 1]],
        )
        for refused in ("DROP TABLE events", "SELECT file('/etc/passwd')", "SELECT nonsense"):
            status, problem = await client.post("/ask", {"sql": refused})
            assert (status, problem["code"]) == (422, "malformed_query")
            assert problem["reason"]


async def test_only_operators_ask(journal: SqliteJournal, analytics: Analytics) -> None:
    async with following(journal, analytics), client_of(analytics, "no") as client:
        assert (await client.get("/ask"))[0] == 401
        assert (await client.get("/export"))[0] == 401
        assert (await client.post("/ask", {"sql": "SELECT 1"}))[0] == 401


async def test_unknown_questions_and_parameters_are_refused(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics), client_of(analytics) as client:
        assert (await client.get("/ask", name="no_such"))[0] == 404
        assert (await client.get("/ask", name="request_funnel", from_day="x"))[0] == 422
        assert (await client.get("/export", format="xlsx"))[0] == 422
        assert (await client.get("/export", table="users"))[0] == 422


async def test_an_answer_waits_for_the_wanted_position_or_says_that_it_is_not_there(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics) as service, client_of(analytics) as client:
        there, beyond = str(service.position), str(service.position + 1)
        assert (await client.get("/ask", min_position=there))[0] == 200
        assert (await client.get("/ask", min_position=beyond))[0] == 504
        assert (await client.get("/ask", min_position="-1"))[0] == 422


async def test_while_clickhouse_is_away_the_answer_is_try_later(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with client_of(analytics) as client:
        assert (await client.get("/ask"))[0] == 503
        assert (await client.get("/export"))[0] == 503


async def test_a_history_whose_ratings_had_no_tags_is_delivered_again(
    journal: SqliteJournal, analytics: Analytics, tmp_path: Path
) -> None:
    async with following(journal, analytics):
        pass
    reached = await ClickHouseSink(analytics).position()
    tables = ("events", "refusals", "ratings", "history_position", "schema_migrations")
    for one in (*tables, "evenings", "current_ratings"):
        await analytics.execute(f"DROP TABLE {one}")
    await migrate(analytics, _first_migrations(tmp_path / "before"))
    await ClickHouseSink(analytics).write(block_of([]), reached)
    async with following(journal, analytics):
        answer = await analytics.query(
            "SELECT uniqExact(review_id), countIf(tags != '') FROM ratings"
        )
    assert answer.rows == [(4, 5)]


async def test_titles_go_from_the_facts_of_earlier_builds(
    analytics: Analytics, tmp_path: Path
) -> None:
    await migrate(analytics, _first_migrations(tmp_path / "before"))
    titled = {"announcement_id": "a", "title": 'My "own" \\ day", "x', "role": "host"}
    times = {"event_time": "2026-03-01T19:30:00Z"}
    columns: dict[str, list[Any]] = {
        name: [""] for name in ("actor", "command", "announcement_id", "booking_id")
    }
    row: dict[str, list[Any]] = {
        "seq": [1],
        "part": [0],
        "at_ms": [0],
        "day": [date(2026, 3, 1)],
        "person_id": [""],
    }
    facts = msgspec.json.encode({"conflicts": [titled, times]}).decode()
    await analytics.insert("refusals", {**columns, **row, "code": ["overlap"], "facts": [facts]})
    await migrate(analytics)
    del titled["title"]

    async with asyncio.timeout(WITHIN_S):  # The server changes rows in the background.
        while "title" in (shown := await read_value(analytics, "SELECT facts FROM refusals")):
            await asyncio.sleep(POLL_S)
    assert msgspec.json.decode(shown) == {"conflicts": [titled, times]}


async def read_value(analytics: Analytics, sql: str) -> Any:
    ((value,),) = (await analytics.query(sql)).rows
    return value


def _first_migrations(directory: Path) -> Path:
    directory.mkdir()
    for file in MIGRATIONS.glob("000[12]_*.sql"):
        (directory / file.name).write_text(file.read_text())
    return directory


async def test_an_export_holds_each_event_of_the_range_once_in_order(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    wanted = [
        (commit.seq, index)
        for commit in evenings_in_march().commits
        if 2 <= commit.seq <= 20
        for index in range(len(commit.events))
    ]
    async with following(journal, analytics), client_of(analytics) as client:
        bounds = {"from": "2", "to": "20"}
        _, headers, lines = await client.get("/export", format="ndjson", **bounds)
        rows = [msgspec.json.decode(line) for line in lines.splitlines()]
        _, _, text = await client.get("/export", format="csv", **bounds)
        _, _, parquet = await client.get("/export", format="parquet", **bounds)
    assert headers["X-Total-Rows"] == str(len(wanted))
    assert [(row["seq"], row["event_index"]) for row in rows] == wanted
    written = list(csv.DictReader(io.StringIO(text.decode(), newline="")))
    assert [(int(row["seq"]), int(row["event_index"])) for row in written] == wanted
    assert pq.read_table(io.BytesIO(parquet)).to_pylist() == rows


@pytest.mark.parametrize("table", ["events", "refusals", "ratings"])
async def test_a_framed_export_counts_and_ends_with_its_checksum(
    journal: SqliteJournal, analytics: Analytics, table: str
) -> None:
    async with following(journal, analytics), client_of(analytics) as client:
        _, _, body = await client.get("/export", format="parquet", table=table, progress="true")
    *parts, end = [msgspec.json.decode(line) for line in body.splitlines()]
    whole = b"".join(base64.b64decode(part["data"]) for part in parts)
    assert end["ok"] is True
    assert end["sha256"] == hashlib.sha256(whole).hexdigest()
    assert parts[-1]["done"] == parts[-1]["of"] == end["rows"]
    assert pq.read_table(io.BytesIO(whole)).num_rows == end["rows"] > 0


async def test_an_empty_range_is_an_empty_file_with_columns(
    journal: SqliteJournal, analytics: Analytics
) -> None:
    async with following(journal, analytics), client_of(analytics) as client:
        _, _, parquet = await client.get("/export", format="parquet", **{"from": "1", "to": "1"})
        turned, _, _ = await client.get("/export", **{"from": "5", "to": "1"})
        beyond, _, _ = await client.get("/export", **{"from": "1000000"})
    assert pq.read_table(io.BytesIO(parquet)).column_names[:2] == ["seq", "event_index"]
    assert (turned, beyond) == (422, 200)
