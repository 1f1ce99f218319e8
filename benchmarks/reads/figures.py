"""A host's figures over a large history: measures how soon `GET /api/v1/my/figures` has them.

Question: does the page of a host who has announced hundreds of evenings stay within the time
that a read of the history may take, among thousands of evenings of others? Method: write a
generated history whose busiest host has about a twentieth of all evenings, then fetch the
figures of that host and of one with few evenings, without HTTP; the median counts.

    python -m benchmarks.reads.figures [--evenings 10000] [--engine server|chdb]
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.generated.history import RECORDS_EACH, GeneratedHistory
from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.edge.history_reads import HistoryReads
from query_api.figures.questions import list_questions
from query_api.figures.routes import fetch_figures
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.tail import START

EVENINGS: Final = 10_000
PEOPLE: Final = 8_000
"""So few that the busiest of them announces one evening in twenty."""
BLOCK_COMMITS: Final = 20_000
REPEATS: Final = 5
HOSTS: Final = {"busiest": 0, "anybody": PEOPLE // 2}
COUNT: Final = """
    SELECT count() AS evenings, countIf(author_id = %(host_id)s) AS own
    FROM events WHERE type = 'announcement.created'
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--evenings", type=int, default=EVENINGS)
    parser.add_argument("--engine", choices=("server", "chdb"), action="append")
    options = parser.parse_args()
    for engine in options.engine or ("server", "chdb"):
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(_measure(engine, options.evenings, Path(directory)))


async def _measure(engine: str, evenings: int, directory: Path) -> None:
    if engine == "chdb":
        embedded = ChdbAnalytics(directory)
        await _measure_engine(engine, embedded, evenings)
        await embedded.close()
        return
    await install_clickhouse()
    async with ClickHouseServer(directory) as server:
        over_network = ServerAnalytics(server.dsn)
        await _measure_engine(engine, over_network, evenings)
        await over_network.close()


async def _measure_engine(engine: str, analytics: Analytics, evenings: int) -> None:
    await migrate(analytics)
    commits = GeneratedHistory(people=PEOPLE).commits(round(evenings * RECORDS_EACH))
    sink = ClickHouseSink(analytics)
    while block := list(islice(commits, BLOCK_COMMITS)):
        await sink.write(block_of(block), START)
    history, questions = HistoryReads(analytics, timeout_s=1.0), list_questions()
    for who, number in HOSTS.items():
        host_id = f"00000000-0000-4000-9000-{number:012x}"
        (counted,) = await history.fetch_rows(COUNT, {"host_id": host_id})
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            await history.reach(0)
            await fetch_figures(history, questions, host_id)
            seconds.append(time.perf_counter() - started)
        figure = {
            "name": f"figures/{engine}/{counted['evenings']}/{who}/{counted['own']}",
            "value": round(1000 * statistics.median(seconds), 1),
            "unit": "ms",
            "n": REPEATS,
            "command": " ".join(["python -m benchmarks.reads.figures", *sys.argv[1:]]),
        }
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
