"""ClickHouse: measures how fast history is written and how soon each question is answered.

Question: what do our row building and the port cost over the bare driver, and do questions
stay interactive as the history grows? Method: in one run, write the same generated events
through the sink, and their finished columns through the bare driver (server) or as an Arrow
stream (chdb). Then ask each question, and a rating page, three times; the median counts.

    python -m benchmarks.reads.analytics [--events 1000000] [--engine server|chdb]
"""

import statistics
import sys
import time
from collections.abc import Iterator
from typing import Final

from clickhouse_driver import Client

from benchmarks.generated.history import PEOPLE, GeneratedHistory
from benchmarks.reads.both_engines import (
    BLOCK_COMMITS,
    Engine,
    cut_into_blocks,
    measure_each,
    print_figure,
)
from contracts.journal.records import Commit
from contracts.values.ids import PersonId
from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.analysts.questions import ready_questions
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.lateness import fetch_lateness
from query_api.ratings.votes import fetch_ratings
from runtime.clickhouse.port import Analytics
from runtime.journal.tail import START

EVENTS: Final = 1_000_000
EVER: Final = 2**62
COMPARED_BLOCKS: Final = 10
REPEATS: Final = 3
RATED: Final = {
    "of_the_busiest": PersonId("00000000-0000-4000-9000-000000000000"),
    "of_anybody": PersonId(f"00000000-0000-4000-9000-{PEOPLE // 2:012x}"),
}


def main() -> None:
    measure_each("events", EVENTS, _measure)


async def _measure(engine: Engine, events: int) -> None:
    analytics = engine.analytics
    bare = await _measure_bare(analytics, engine.dsn)
    _print(
        f"clickhouse/{engine.name}/bare_insert", bare, "rows/s", n=COMPARED_BLOCKS * BLOCK_COMMITS
    )
    rate = await _measure_sink(analytics, events)
    _print(f"clickhouse/{engine.name}/sink", rate, "rows/s", bare, n=events)
    for question in ready_questions().values():
        if "notices" in question.name:
            continue  # Their tables are no part of the history.
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            await analytics.ask(question.sql, question.bind({}))
            seconds.append(time.perf_counter() - started)
        name = f"clickhouse/{engine.name}/{events}/{question.name}"
        _print(name, 1000 * statistics.median(seconds), "ms", n=REPEATS)
    for who, person_id in RATED.items():
        name = f"clickhouse/{engine.name}/{events}/rating_page/{who}"
        _print(name, await _measure_rating_page(analytics, person_id), "ms", n=REPEATS)


async def _measure_rating_page(analytics: Analytics, person_id: PersonId) -> float:
    """Return the time of all history reads of a person's rating page, without rendering."""
    history = HistoryReads(analytics, timeout_s=1.0)
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        await history.reach(0)
        await fetch_ratings(history, person_id, EVER)
        await fetch_lateness(history, person_id, EVER)
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds)


async def _measure_bare(analytics: Analytics, dsn: str | None) -> float:
    """Return rows per second of finished columns, with nothing built or decoded."""
    blocks = [
        block_of(commits).tables["events"].columns
        for commits in _generate_blocks(COMPARED_BLOCKS * BLOCK_COMMITS, seed=2)
    ]
    await analytics.execute(
        "CREATE TABLE bare AS events ENGINE = ReplacingMergeTree ORDER BY (type, seq, event_index)"
    )
    names = list(blocks[0])
    rows = sum(len(block["seq"]) for block in blocks)
    client = Client.from_url(dsn) if dsn else None
    started = time.perf_counter()
    for block in blocks:
        if client is None:
            await analytics.insert("bare", block)
        else:
            statement = f"INSERT INTO bare ({', '.join(names)}) VALUES"
            client.execute(statement, list(block.values()), columnar=True)
    seconds = time.perf_counter() - started
    if client is not None:
        client.disconnect()
    await analytics.execute("DROP TABLE bare")
    return rows / seconds


async def _measure_sink(analytics: Analytics, events: int) -> float:
    """Return rows per second through our sink, without the time to generate Commits."""
    sink = ClickHouseSink(analytics)
    rows, seconds = 0, 0.0
    for commits in _generate_blocks(events, seed=1):
        started = time.perf_counter()
        block = block_of(commits)
        await sink.write(block, START)
        seconds += time.perf_counter() - started
        rows += len(block)
        print(f"\r{rows:,} rows", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rows / seconds


def _generate_blocks(events: int, *, seed: int) -> Iterator[list[Commit]]:
    return cut_into_blocks(GeneratedHistory(seed).commits(events))


def _print(name: str, value: float, unit: str, baseline: float | None = None, *, n: int) -> None:
    compared = {
        "baseline": None if baseline is None else "bare_insert",
        "ratio": None if baseline is None else round(value / baseline, 3),
    }
    print_figure("analytics", name, value, unit, n=n, **compared)


if __name__ == "__main__":
    main()
