"""`practix ask`, `report` and `export` against a served analysts' database."""

from collections.abc import AsyncIterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from fastapi import FastAPI

from launcher.verbs.analysts import register
from launcher.verbs.report import DAYS
from projector.analysts.service import AnalystsService
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from query_api.analysts.questions import OF_EVENINGS, ready_questions, version_of
from query_api.analysts.routes import build_router
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.chdb import ANALYSTS_DATABASE, ChdbAnalytics
from runtime.clickhouse.migrations import ANALYSTS_READER
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from runtime.pseudonyms import Pseudonyms
from tests.histories.stated import evenings_in_march
from tests.integration.launcher.invoking import SECRET, Practix, build_practix
from tests.servers.http_server import served
from tests.servers.nothing_saved import asker_of_ready_questions
from tests.waiting import eventually

KEY: Final = Pseudonyms("the key of the tests")
TOLD: Final[dict[str, list[Any]]] = {
    "notice_id": ["a", "b"],
    "version": [1, 1],
    "kind": ["booking_new", "remind_day"],
    "state": ["sent", "waiting"],
    "at_ms": [1_772_352_000_000, 1_772_323_200_000],
    "sent_at_ms": [1_772_352_060_000, 0],
    "day": [date(2026, 3, 1), date(2026, 3, 1)],
}


@pytest.fixture
async def practix(tmp_path: Path) -> AsyncIterator[Practix]:
    """Run a verb against the evenings of March."""
    journal = SqliteJournal(tmp_path / "journal.db")
    await evenings_in_march().write_to(journal)
    history = ChdbAnalytics(tmp_path / "chdb")
    analysts = ChdbAnalytics(tmp_path / ANALYSTS_DATABASE, database=ANALYSTS_DATABASE)
    limits = HISTORY_LIMITS._replace(pause_s=0.0, idle_wait_s=0.05)
    services = (
        HistoryService(journal, history, limits=limits),
        AnalystsService(journal, analysts, history, KEY, limits=limits),
    )
    for service in services:
        await service.start()
    await eventually(
        lambda: all(one.position > len(evenings_in_march().commits) for one in services)
    )
    await analysts.insert("notices", TOLD)
    app = FastAPI()
    install_problems(app)
    reads = HistoryReads(analysts, MIN_POSITION_WAIT_S, ANALYSTS_READER)
    asker = asker_of_ready_questions(analysts)
    app.include_router(build_router(asker, analysts, reads, OperatorGuard(SECRET)))
    async with served(app) as url:
        yield build_practix(register, url)
    for service in services:
        await service.stop()
    await analysts.close()
    await history.close()
    await journal.close()


async def test_ask_lists_the_questions(practix: Practix) -> None:
    result = await practix("ask", "--json")
    assert result.exit_code == 0
    listed = [one["name"] for one in msgspec.json.decode(result.stdout)["questions"]]
    assert listed == list(ready_questions())
    assert "request_funnel" in (await practix("ask")).stdout


async def test_ask_prints_a_table_csv_or_json(practix: Practix) -> None:
    assert "From request to seat, by day" in (await practix("ask", "request_funnel")).stdout
    narrowed = ("ask", "request_funnel", "--set", "from_day=2026-03-05")
    text = (await practix(*narrowed, "--csv")).stdout
    assert text == "day,requests,answered,seated,seated_percent\n2026-03-05,2,1,1,50\n"
    answer = msgspec.json.decode((await practix(*narrowed, "--json")).stdout)
    assert answer["rows"][0]["requests"] == 2
    assert answer["version"] == version_of(ready_questions()["request_funnel"].sql)


async def test_ask_runs_ones_own_sql_but_nothing_that_writes(practix: Practix) -> None:
    result = await practix("ask", "--sql", "SELECT max(seq) AS newest FROM events", "--csv")
    assert result.stdout == f"newest\n{len(evenings_in_march().commits) + 1}\n"
    result = await practix("ask", "--sql", "DROP TABLE events")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a question begins with" in result.stderr


async def test_ask_says_what_is_wrong(practix: Practix) -> None:
    assert (await practix("ask", "no_such_question")).exit_code == 1
    assert (await practix("ask", "request_funnel", "--set", "from_day")).exit_code == 2
    result = await practix("ask", "--base-url", "http://127.0.0.1:1")
    assert (result.exit_code, "no system answers" in result.stderr) == (1, True)


async def test_export_writes_a_whole_file_or_none(practix: Practix, tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    result = await practix("export", "--out", str(out), "--from", "2", "--to", "9", "--json")
    assert result.exit_code == 0
    table = pq.read_table(out)
    assert table.num_rows == msgspec.json.decode(result.stdout.splitlines()[-1])["rows"] > 0
    assert max(table["seq"].to_pylist()) <= 9
    refused = tmp_path / "nowhere" / "events.csv"
    assert (await practix("export", "--out", str(refused), "--format", "csv")).exit_code == 1
    assert [one.name for one in tmp_path.glob("*.part")] == []


async def test_a_range_that_ends_before_it_begins_leaves_the_file_alone(
    practix: Practix, tmp_path: Path
) -> None:
    out = tmp_path / "events.csv"
    out.write_text("good")
    bounds = ("--from", "5", "--to", "1")
    refused = await practix("export", "--out", str(out), "--format", "csv", *bounds)
    assert (refused.exit_code, out.read_text()) == (2, "good")
    assert "--from" in refused.stderr


async def test_the_report_is_one_page_that_loads_nothing(practix: Practix, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    result = await practix("report", "--out", str(out))
    assert result.exit_code == 0
    page = _Page()
    page.feed(out.read_text())
    assert page.plots > len(ready_questions())
    assert page.captions == list(DAYS) * len(OF_EVENINGS)
    assert page.loads == []


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.plots = 0
        self.captions: list[str] = []
        self.loads: list[str] = []

    def handle_data(self, data: str) -> None:
        if self.lasttag == "figcaption":
            self.captions.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.plots += tag == "svg"
        links = (value for name, value in attrs if name in ("src", "href") and value)
        self.loads += [value for value in links if not value.startswith("#")]
