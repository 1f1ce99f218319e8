"""ClickHouse: measures how fast history is written and how soon each question is answered.

Question: what do our row building and the port cost over the bare driver, and do questions
stay interactive as the history grows? Method: in one run, write the same generated events
through the sink, and their finished columns through the bare driver (server) or as an Arrow
stream (chdb). Then ask each question, and a rating page, three times; the median counts.

    python -m benchmarks.reads.analytics [--events 1000000] [--engine server|chdb]
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clickhouse_driver import Client

from benchmarks.generated.history import PEOPLE, GeneratedHistory
from contracts.journal.records import Commit
from contracts.values.ids import PersonId
from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.analysts.questions import ready_questions
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.lateness import fetch_lateness
from query_api.ratings.votes import fetch_ratings
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.tail import START

EVENTS: Final = 1_000_000
EVER: Final = 2**62
BLOCK_COMMITS: Final = 20_000
COMPARED_BLOCKS: Final = 10
REPEATS: Final = 3
RATED: Final = {
    "of_the_busiest": PersonId("00000000-0000-4000-9000-000000000000"),
    "of_anybody": PersonId(f"00000000-0000-4000-9000-{PEOPLE // 2:012x}"),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--engine", choices=("server", "chdb"), action="append")
    options = parser.parse_args()
    for engine in options.engine or ("server", "chdb"):
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(_measure(engine, options.events, Path(directory)))


async def _measure(engine: str, events: int, directory: Path) -> None:
    if engine == "chdb":
        analytics = ChdbAnalytics(directory)
        await _measure_engine(engine, analytics, events, None)
        await analytics.close()
        return
    await install_clickhouse()
    async with ClickHouseServer(directory) as server:
        over_network = ServerAnalytics(server.dsn)
        await _measure_engine(engine, over_network, events, server.dsn)
        await over_network.close()


async def _measure_engine(engine: str, analytics: Analytics, events: int, dsn: str | None) -> None:
    await migrate(analytics)
    bare = await _measure_bare(analytics, dsn)
    _print(f"clickhouse/{engine}/bare_insert", bare, "rows/s", n=COMPARED_BLOCKS * BLOCK_COMMITS)
    rate = await _measure_sink(analytics, events)
    _print(f"clickhouse/{engine}/sink", rate, "rows/s", bare, n=events)
    for question in ready_questions().values():
        if "notices" in question.name:
            continue  # Their tables are no part of the history.
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            await analytics.ask(question.sql, question.bind({}))
            seconds.append(time.perf_counter() - started)
        name = f"clickhouse/{engine}/{events}/{question.name}"
        _print(name, 1000 * statistics.median(seconds), "ms", n=REPEATS)
    for who, person_id in RATED.items():
        name = f"clickhouse/{engine}/{events}/rating_page/{who}"
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
    block: list[Commit] = []
    for commit in GeneratedHistory(seed).commits(events):
        block.append(commit)
        if len(block) == BLOCK_COMMITS:
            yield block
            block = []
    if block:
        yield block


def _print(name: str, value: float, unit: str, baseline: float | None = None, *, n: int) -> None:
    figure = {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": None if baseline is None else "bare_insert",
        "ratio": None if baseline is None else round(value / baseline, 3),
        "n": n,
        "command": " ".join(["python -m benchmarks.reads.analytics", *sys.argv[1:]]),
    }
    print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
