"""A host's figures over a large history: measures how soon `GET /api/v1/my/figures` has them.

Question: does the page of a host who has announced hundreds of evenings stay within the time
that a read of the history may take, among thousands of evenings of others? Method: write a
generated history whose busiest host has about a twentieth of all evenings, then fetch the
figures of that host and of one with few evenings, without HTTP; the median counts.

    python -m benchmarks.reads.figures [--evenings 10000] [--engine server|chdb]
"""

import statistics
import time
from typing import Final

from benchmarks.generated.history import RECORDS_EACH, GeneratedHistory
from benchmarks.reads.both_engines import Engine, cut_into_blocks, measure_each, print_figure
from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.edge.history_reads import HistoryReads
from query_api.figures.questions import list_questions
from query_api.figures.routes import fetch_figures
from runtime.journal.tail import START

EVENINGS: Final = 10_000
PEOPLE: Final = 8_000
"""So few that the busiest of them announces one evening in twenty."""
REPEATS: Final = 5
HOSTS: Final = {"busiest": 0, "anybody": PEOPLE // 2}
COUNT: Final = """
    SELECT count() AS evenings, countIf(author_id = %(host_id)s) AS own
    FROM events WHERE type = 'announcement.created'
"""


def main() -> None:
    measure_each("evenings", EVENINGS, _measure)


async def _measure(engine: Engine, evenings: int) -> None:
    analytics = engine.analytics
    commits = GeneratedHistory(people=PEOPLE).commits(round(evenings * RECORDS_EACH))
    sink = ClickHouseSink(analytics)
    for block in cut_into_blocks(commits):
        await sink.write(block_of(block), START)
    history, questions = HistoryReads(analytics, timeout_s=1.0), list_questions()
    for who, number in HOSTS.items():
        host_id = f"00000000-0000-4000-9000-{number:012x}"
        (counted,) = await history.fetch_rows(COUNT, {"host_id": host_id})
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            await history.reach(0)
            await fetch_figures(history, questions, host_id, "en")
            seconds.append(time.perf_counter() - started)
        name = f"figures/{engine.name}/{counted['evenings']}/{who}/{counted['own']}"
        print_figure("figures", name, 1000 * statistics.median(seconds), "ms", n=REPEATS)


if __name__ == "__main__":
    main()
