"""Measures how fast bookings are through HTTP, and what our protocol costs.

The whole write path over SQLite (with the image on disk, and in memory only) and over real Kafka
is compared with the usual row lock in PostgreSQL, with the library `eventsourcing` there, with a
bare FastAPI route, and with append and read-back alone. Method: the same load generator and
server settings for all. Every server is a process, measured in turn, in one run; at 32 clients
three times in turn, of which the median counts. Every request is by another guest, whose token
the server has seen before; limits per person and address are on. `cpu` is the processor time of
the server's process alone, and `cores` how much of the machine that is: with one, its interpreter
is what limits. Compare the ratios, not the figures: load and servers share one small
machine.
"""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final
from uuid import uuid4

from benchmarks.harness.hot_evening import booking_requests
from benchmarks.harness.load import Run, drive, drive_server, pick_median
from benchmarks.harness.report import Report
from benchmarks.writes.append import measure_append
from benchmarks.writes.practix import IN_MEMORY
from benchmarks.writes.subjects import Subject, open_evening, start_subjects
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import create_topic
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal

QUESTION: Final = "how many bookings a second are accepted on one hot evening, and how soon?"
CLIENTS: Final = {1: 1_500, 8: 6_000, 32: 9_000, 128: 9_000, 256: 9_000}
"""Requests by number of clients."""
QUICK_CLIENTS: Final = (1, 32, 256)
"""The numbers of clients that goals name."""
SLOW: Final = {"row_lock": 3, "pyeventsourcing": 6}
"""They get one of so many of the requests."""
APPENDS: Final = 4
"""Appends for each request: they are faster."""
WARM_UP: Final = 300
COMPARED: Final = 32
"""Measured REPEATS times, since goals name it."""
REPEATS: Final = 3


async def main(report: Report) -> None:
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subjects = await start_subjects(stack, scratch)
        for clients, requests in CLIENTS.items():
            if report.quick and clients not in QUICK_CLIENTS:
                continue
            await _measure_http(report, subjects, clients, report.scale(requests))
            await _measure_appends(report, subjects, clients, report.scale(requests))


async def _measure_http(
    report: Report, subjects: list[Subject], clients: int, requests: int
) -> None:
    compared = clients == COMPARED
    found: dict[str, list[Run]] = {}
    for _ in range(REPEATS if compared and not report.quick else 1):
        for subject in subjects:
            if subject.name != IN_MEMORY or (compared and not report.quick):
                part = requests // SLOW.get(subject.name, 1)
                found.setdefault(subject.name, []).append(await _measure(subject, clients, part))
    for name, runs in found.items():
        run = pick_median(runs)
        report.add_run(f"booking/{name}/{clients}", run, f"booking/bare/{clients}")
        cores = 1e-6 * run.cpu_us * run.figures.per_second
        report.add(f"booking/{name}/{clients}/cores", cores, "cores", run.figures.requests)


async def _measure(subject: Subject, clients: int, requests: int) -> Run:
    async with open_evening(subject) as (served, announcement_id):
        await drive(served.port, booking_requests(announcement_id, 0, WARM_UP), clients)
        load = booking_requests(announcement_id, WARM_UP, requests)
        run = await drive_server(served, load, clients)
    if run.figures.statuses != {201: requests}:
        raise RuntimeError(f"{subject.name} answered {run.figures.statuses}")
    return run


async def _measure_appends(
    report: Report, subjects: list[Subject], clients: int, requests: int
) -> None:
    for subject in subjects:
        if (journal := await _open_journal(subject)) is None:
            continue
        figures = await measure_append(journal, clients, APPENDS * requests)
        report.add_load(f"append/{subject.name}/{clients}", figures)
        await journal.close()


async def _open_journal(subject: Subject) -> Journal | None:
    """Return a new journal where the subject has its own, if it has one that others lack."""
    match subject.name:
        case "sqlite":
            return SqliteJournal(Path(subject.where) / uuid4().hex / "journal.sqlite")
        case "kafka":
            topic = f"append-{uuid4().hex}"
            await create_topic(subject.where, topic, replication_factor=1)
            return KafkaJournal(subject.where, topic)
    return None
