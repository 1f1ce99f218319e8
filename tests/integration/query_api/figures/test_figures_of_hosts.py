"""A host's figures count the own evenings and nobody else's, on both engines, while every block
is there twice."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from msgspec.structs import replace

from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.edge.history_reads import HistoryReads
from query_api.figures.questions import list_questions
from query_api.figures.routes import fetch_figures
from runtime.clickhouse.migrations import migrate
from runtime.journal.tail import START
from tests.histories.stated import evenings_in_march
from tests.servers.clickhouse_engines import Open

EXPECTED: Final[dict[str, dict[str, list[tuple[Any, ...]]]]] = {
    "ada": {
        "request_funnel": [
            ("2026-03-01", 2, 2, 2, 100.0),
            ("2026-03-02", 1, 1, 1, 100.0),
            ("2026-03-05", 2, 1, 1, 50.0),
        ],
        "host_response_time": [
            ("2026-03-01", 2, 120.0, 120.0, 120.0),
            ("2026-03-02", 1, 60.0, 60.0, 60.0),
            ("2026-03-05", 1, 120.0, 120.0, 120.0),
        ],
        "cancellations": [("2-6 h", 1, 1)],
        "repeat_guests": [(1, 1, 0), (2, 1, 1)],
        "no_shows": [("2026-03-01", 1, 0), ("2026-04-01", 1, 1)],
    },
    "bob": {
        "request_funnel": [("2026-03-02", 2, 1, 0, 0.0)],
        "host_response_time": [("2026-03-02", 1, 60.0, 60.0, 60.0)],
        "cancellations": [],
        "repeat_guests": [(1, 1, 0)],
        "no_shows": [],
    },
    "g1": {name: [] for name in ("request_funnel", "cancellations", "repeat_guests", "no_shows")},
}
"""By host and figure. g1 is a guest and no host."""
SEATS: Final = {"ada": 3, "bob": 4}
"""Seats of the evenings that have begun and were not cancelled."""


@pytest.fixture
async def history(open_analytics: Open) -> AsyncIterator[HistoryReads]:
    analytics = open_analytics()
    await migrate(analytics)
    commits = evenings_in_march().commits
    end = replace(START, state=replace(START.state, seq=commits[-1].seq))
    for _ in range(2):
        await ClickHouseSink(analytics).write(block_of(commits), end)
    yield HistoryReads(analytics, timeout_s=30.0)
    await analytics.close()


@pytest.mark.parametrize("host", EXPECTED)
async def test_figures_are_of_the_own_evenings(history: HistoryReads, host: str) -> None:
    fetched = await fetch_figures(history, list_questions(), host, "ru")
    figures = {one.name: one for one in fetched}
    assert figures["no_shows"].title == "Гости, которые не пришли"
    assert figures["request_funnel"].columns["seated"] == "получили место"
    assert figures["cancellations"].labels["under 2 h"] == "меньше 2 ч"
    found = {name: [tuple(row.values()) for row in one.rows] for name, one in figures.items()}
    assert {name: found[name] for name in EXPECTED[host]} == EXPECTED[host]
    assert {row["seats"] for row in figures["fill_curve"].rows} == (
        {SEATS[host]} if host in SEATS else set()
    )
    for one in figures.values():
        assert all({one.plot.x, *one.plot.ys} <= row.keys() for row in one.rows), one.name
        assert list(one.columns) == list(one.plot.ys)
