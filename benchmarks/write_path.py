"""Measures how fast bookings are through HTTP, and what our protocol costs.

Question: how many booking requests per second are accepted on one hot announcement, and with
which latency? The whole write path over SQLite (with the image on disk, and in memory only)
and over real Kafka is compared with the usual row lock in PostgreSQL and with a bare FastAPI
route. Method: the same load generator and server settings for all. Every server is a process,
measured in turn, in one run. Every request is by another guest, whose token the server has seen
before. Command: `make bench`. Compare the ratios, not the figures: load and servers share one
small machine.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import asyncpg

from benchmarks.append import measure_append
from benchmarks.load import Figures, drive
from benchmarks.report import Report
from benchmarks.serve import IN_MEMORY, TABLES
from benchmarks.subject import announce_request, booking_requests
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import ServerUnavailable, free_port, port_answers
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import create_topic
from runtime.journal.sqlite import SqliteJournal

CLIENTS = (1, 8, 32, 128)
REQUESTS = {1: 1_500, 8: 6_000, 32: 9_000, 128: 9_000}
WARM_UP = 300
START_S_MAX = 60.0


class Subject(NamedTuple):
    """A server that is measured (`benchmarks.serve`)."""

    name: str
    where: str
    """Address of the database or broker that it needs; `-` if it needs none."""


async def main() -> None:
    report = Report("python -m benchmarks.write_path")
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kafka = await _start_kafka(stack, scratch)
        for subject in await _start_subjects(stack, scratch, kafka):
            for clients in CLIENTS:
                report.add_http(subject.name, clients, await _measure(subject, clients, scratch))
        await measure_append(report, "sqlite", SqliteJournal(scratch / "append.sqlite"))
        if kafka is not None:
            topic = f"append-{uuid4().hex}"
            await create_topic(kafka, topic, replication_factor=1)
            await measure_append(report, "kafka", KafkaJournal(kafka, topic))
    report.print()


async def _start_subjects(stack: AsyncExitStack, scratch: Path, kafka: str | None) -> list[Subject]:
    """Start what the subjects need and return them; without `kafka` there is one less."""
    postgres = PostgresServer(scratch / "postgres")
    await postgres.start()
    stack.push_async_callback(postgres.stop)
    found = [
        Subject("bare", "-"),
        Subject("row_lock", postgres.dsn),
        Subject("sqlite", "-"),
        Subject(IN_MEMORY, "-"),
    ]
    if kafka is not None:
        found.append(Subject("kafka", kafka))
    return found


async def _start_kafka(stack: AsyncExitStack, scratch: Path) -> str | None:
    """Start a broker and return its address; None if this machine cannot run one."""
    server = KafkaServer(scratch / "kafka")
    try:
        await stack.enter_async_context(server)
    except ServerUnavailable as error:
        print(f"without Kafka: {error}", file=sys.stderr)
        return None
    return server.bootstrap_servers


async def _measure(subject: Subject, clients: int, scratch: Path) -> Figures:
    """Measure one subject with a fresh server and a fresh announcement."""
    where = subject.where
    if subject.name in ("sqlite", IN_MEMORY):
        where = str(scratch / uuid4().hex)
    elif subject.name == "kafka":
        topic = f"bench-{uuid4().hex}"
        await create_topic(subject.where, topic, replication_factor=1)
        where = f"{subject.where}/{topic}"
    async with _serve(subject.name, where) as port:
        announcement_id = await _announce(subject, port)
        await drive(port, booking_requests(announcement_id, 0, WARM_UP), clients)
        figures = await drive(
            port, booking_requests(announcement_id, WARM_UP, REQUESTS[clients]), clients
        )
    if figures.statuses != {201: REQUESTS[clients]}:
        raise RuntimeError(f"{subject.name} answered {figures.statuses}")
    return figures


@asynccontextmanager
async def _serve(name: str, where: str) -> AsyncIterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.serve", name, str(port), where])
    try:
        async with asyncio.timeout(START_S_MAX):
            while not await port_answers(port):
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


async def _announce(subject: Subject, port: int) -> str:
    announcement_id = str(uuid4())
    if subject.name == "row_lock":
        connection = await asyncpg.connect(subject.where)
        if await connection.fetchval("SELECT to_regclass('announcement')") is None:
            await connection.execute(TABLES)
        await connection.execute("INSERT INTO announcement VALUES ($1, 10000)", announcement_id)
        await connection.close()
    elif subject.name != "bare":
        announcement_id = await _create(port)
    return announcement_id


async def _create(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(announce_request(48))
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readuntil(b"}")
    writer.close()
    if b" 201 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"not announced: {head!r} {body!r}")
    return body.decode().split('"id":"', 1)[1].split('"', 1)[0]


if __name__ == "__main__":
    asyncio.run(main())
