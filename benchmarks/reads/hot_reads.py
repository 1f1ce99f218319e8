"""Measures how fast the reads are that people make all day.

A detail, a list of 20, one's own announcements and one's schedule are compared with a bare FastAPI
route, and with one that runs one statement through a pool of asyncpg: for a detail its row by
primary key, for a list our own statement (`benchmarks.reads.serve`). Method: 16 keep-alive clients,
tables with 9,900 bookings; every server is a process, and all are measured in turn, three times,
of which the median counts. Each request is by another of 495 people, whose tokens the server has
seen before; limits per person and address are on. `cpu` is the processor time of the server's
process alone. Compare the ratios, not the figures: load, servers and PostgreSQL share one small
machine.
"""

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from benchmarks.harness.load import Run, drive, drive_server, pick_median
from benchmarks.harness.processes import Served, serve
from benchmarks.harness.report import Report
from benchmarks.reads.cases import LISTS, fill_tables, requests_of
from launcher.profiles.tables import prepare_tables
from launcher.servers.postgres import PostgresServer
from runtime.postgres.pools import open_pool

QUESTION: Final = "how many reads a second are answered with 9,900 bookings, and how soon?"
SERVER: Final = "benchmarks.reads.serve"
SUBJECTS: Final = {"bare": "reads/bare", "one_select": "reads/one_select", "practix": "reads"}
"""The names of their figures."""
CLIENTS: Final = 16
REQUESTS: Final = {"detail": 6_000, **dict.fromkeys(LISTS, 3_000)}
WARM_UP: Final = 600
REPEATS: Final = 3


async def main(report: Report) -> None:
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = await stack.enter_async_context(PostgresServer(scratch))
        dsn = (await prepare_tables(postgres.dsn))["query_api"]
        async with await open_pool(postgres.dsn) as owner:
            shown = await fill_tables(owner)
        subjects = {
            name: await stack.enter_async_context(serve(SERVER, name, dsn)) for name in SUBJECTS
        }
        for kind, requests in REQUESTS.items():
            await _measure_kind(report, subjects, kind, shown, report.scale(requests))


async def _measure_kind(
    report: Report, subjects: dict[str, Served], kind: str, shown: Sequence[str], requests: int
) -> None:
    found: dict[str, list[Run]] = {name: [] for name in subjects}
    for _ in range(1 if report.quick else REPEATS):
        for name, served in subjects.items():
            await drive(served.port, requests_of(kind, shown, WARM_UP), CLIENTS)
            found[name].append(await _measure(served, kind, shown, requests))
    for name, runs in found.items():
        baseline = f"{SUBJECTS['one_select']}/{kind}"
        report.add_run(f"{SUBJECTS[name]}/{kind}", pick_median(runs), baseline)


async def _measure(served: Served, kind: str, shown: Sequence[str], requests: int) -> Run:
    run = await drive_server(served, requests_of(kind, shown, requests), CLIENTS)
    if run.figures.statuses != {200: requests}:
        raise RuntimeError(f"{kind} was answered with {run.figures.statuses}")
    return run
