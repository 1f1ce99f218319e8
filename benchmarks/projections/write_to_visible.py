"""Measures how soon a read shows what was written.

Method: the real processes, each by itself: the whole write path over Kafka, a projector, a query
process and PostgreSQL. Bookings come steadily, at one rate after another. With every tenth
answer its guest at once asks the query process for the announcement at the position of that answer
(`min_position`), which waits until the tables are there. The figure is the time from the answer
to the write until the answer to the read. Limits per person and address are on. `rate` is how
many writes a second came through. If it is below the rate that was asked for, the machine did not
keep up, and the times say how far it was behind.
"""

import asyncio
import tempfile
import time
from asyncio import Semaphore
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final
from uuid import uuid4

from benchmarks.harness.hot_evening import (
    AUDIENCE_SECRET,
    booking_requests,
    guest_tokens,
)
from benchmarks.harness.load import build_http_request, summarize
from benchmarks.harness.processes import serve
from benchmarks.harness.report import Report
from benchmarks.reads.query_process import serve_query_api
from benchmarks.writes.subjects import SERVER, announce, start_kafka
from launcher.connections import Connections
from launcher.profiles.tables import prepare_tables
from launcher.servers.postgres import PostgresServer
from runtime.journal.kafka_topics import create_topic

QUESTION: Final = "how soon does a read show what was written, at 100 to 1,000 writes a second?"
RATES: Final = {
    "write_to_visible/at_100": 100,
    "write_to_visible/at_200": 200,
    "write_to_visible/at_500": 500,
    "write_to_visible": 1_000,
}
"""By name of the figures, the writes a second that are asked for. The goals are of the last."""
SECONDS: Final = 8
WARM_UP: Final = 1_000
WARM_UP_RATE: Final = 500
LOOKED_AT: Final = 10
"""One of so many writes is looked for."""
CONNECTIONS: Final = 64


async def main(report: Report) -> None:
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kafka = await start_kafka(stack, scratch)
        if kafka is None:
            return
        topic = f"bench-{uuid4().hex}"
        await create_topic(kafka, topic, replication_factor=1)
        postgres = await stack.enter_async_context(PostgresServer(scratch / "postgres"))
        dsns = await prepare_tables(postgres.dsn)
        written = await stack.enter_async_context(serve(SERVER, "kafka", f"{kafka}/{topic}"))
        await stack.enter_async_context(
            serve(
                "benchmarks.projections.service",
                "projector",
                environment={
                    "PROJECTOR_KAFKA_BOOTSTRAP_SERVERS": kafka,
                    "PROJECTOR_JOURNAL_TOPIC": topic,
                    "PROJECTOR_POSTGRES_DSN": dsns["projector"],
                    "PROJECTOR_OPERATOR_TOKEN": AUDIENCE_SECRET,
                },
            )
        )
        read = await stack.enter_async_context(
            serve_query_api(
                dsns["query_api"],
                QUERY_API_RATE_LIMITS__PERSON__READS="1000000",
                QUERY_API_RATE_LIMITS__ADDRESS__READS="1000000",
            )
        )
        announcement_id = await announce(written.port)
        evening = WatchedEvening(announcement_id, written.port, read.port)
        stack.callback(evening.close)
        await evening.write(0, WARM_UP, WARM_UP_RATE)
        first = WARM_UP
        for name, rate in RATES.items():
            writes = report.scale(rate * SECONDS)
            seconds, latencies = await evening.write(first, writes, rate)
            first += writes
            figures = summarize(latencies, seconds, {})
            report.add(f"{name}/rate", writes / seconds, "writes/s", writes)
            report.add(f"{name}/p50", figures.p50_ms, "ms", len(latencies))
            report.add(f"{name}/p99", figures.p99_ms, "ms", len(latencies))


class WatchedEvening:
    """One announcement that is requested and read at the same time."""

    def __init__(self, announcement_id: str, write_port: int, read_port: int) -> None:
        self._announcement_id = announcement_id
        self._writers, self._readers = (
            Connections(f"http://127.0.0.1:{port}") for port in (write_port, read_port)
        )
        self._may_write, self._may_read = Semaphore(CONNECTIONS), Semaphore(CONNECTIONS)

    async def write(self, first: int, count: int, rate: int) -> tuple[float, list[float]]:
        """Send so many requests, `rate` a second. Returns the seconds from the first to the last
        answer, and how long each write that was looked for took to be visible, in seconds."""
        latencies: list[float] = []
        guests = guest_tokens(first, count)
        requests = zip(guests, booking_requests(self._announcement_id, first, count), strict=True)
        started = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, (guest, request) in enumerate(requests):
                due = started + number / rate
                if (wait_s := due - time.perf_counter()) > 0:
                    await asyncio.sleep(wait_s)
                await self._may_write.acquire()
                looked_for = latencies if number % LOOKED_AT == 0 else None
                tasks.create_task(self._write_one(request, guest, looked_for))
        return time.perf_counter() - started, latencies

    def close(self) -> None:
        """Close all connections."""
        self._writers.close()
        self._readers.close()

    async def _write_one(self, request: bytes, guest: str, looked_for: list[float] | None) -> None:
        position = await _ask(self._writers, request, 201)
        self._may_write.release()
        if looked_for is None:
            return
        answered_at = time.perf_counter()
        path = f"/api/v1/announcement/{self._announcement_id}?min_position={position}"
        read = build_http_request("GET", path, guest)
        async with self._may_read:
            await _ask(self._readers, read, 200)
        looked_for.append(time.perf_counter() - answered_at)


async def _ask(connections: Connections, request: bytes, expected: int) -> int:
    """Return the position that the answer states. Raises RuntimeError if it states none, or has
    another status."""
    answer = await connections.ask(request)
    if answer.status != expected or not answer.position:
        raise RuntimeError(f"answered {answer.status} {answer.body!r}")
    return answer.position
