"""Starts what bookings are measured on: a fresh server and a fresh evening each time."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

import asyncpg
import msgspec

from benchmarks.harness.hot_evening import announce_request
from benchmarks.harness.load import build_http_request, drive
from benchmarks.harness.processes import Served, serve
from benchmarks.writes.baselines.plain import ANNOUNCE_PATH, TABLES
from benchmarks.writes.practix import IN_MEMORY
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import ServerUnavailable
from runtime.journal.kafka_topics import create_topic

SERVER: Final = "benchmarks.writes.serve"


class Subject(NamedTuple):
    """A server that is measured (`benchmarks.writes.serve`)."""

    name: str
    where: str
    """Address of the database or broker that it needs; a directory for files."""


class HotEvening(NamedTuple):
    """An evening that guests can request at a server of its own."""

    served: Served
    announcement_id: str


async def start_subjects(stack: AsyncExitStack, scratch: Path) -> list[Subject]:
    """Start what the subjects need; without Kafka there is one less."""
    postgres = PostgresServer(scratch / "postgres")
    await postgres.start()
    stack.push_async_callback(postgres.stop)
    found = [
        Subject("bare", "-"),
        Subject("row_lock", postgres.dsn),
        Subject("pyeventsourcing", postgres.dsn),
        Subject("sqlite", str(scratch)),
        Subject(IN_MEMORY, str(scratch)),
    ]
    if (kafka := await start_kafka(stack, scratch)) is not None:
        found.append(Subject("kafka", kafka))
    return found


async def start_kafka(stack: AsyncExitStack, scratch: Path) -> str | None:
    """Start a broker and return its address; None if this machine cannot run one."""
    server = KafkaServer(scratch / "kafka")
    try:
        await stack.enter_async_context(server)
    except ServerUnavailable as error:
        print(f"without Kafka: {error}", file=sys.stderr)
        return None
    return server.bootstrap_servers


@asynccontextmanager
async def open_evening(subject: Subject) -> AsyncIterator[HotEvening]:
    """Serve a subject without any history, and announce an evening there."""
    async with serve(SERVER, subject.name, await make_room(subject)) as served:
        yield HotEvening(served, await _announce(subject, served.port))


async def make_room(subject: Subject) -> str:
    """Return where a server without any history keeps what it writes."""
    match subject.name:
        case "sqlite" | "sqlite_in_memory":
            return f"{subject.where}/{uuid4().hex}"
        case "kafka":
            topic = f"bench-{uuid4().hex}"
            await create_topic(subject.where, topic, replication_factor=1)
            return f"{subject.where}/{topic}"
    return subject.where


async def _announce(subject: Subject, port: int) -> str:
    announcement_id = str(uuid4())
    if subject.name == "row_lock":
        connection = await asyncpg.connect(subject.where)
        if await connection.fetchval("SELECT to_regclass('announcement')") is None:
            await connection.execute(TABLES)
        await connection.execute("INSERT INTO announcement VALUES ($1, 10000)", announcement_id)
        await connection.close()
    elif subject.name == "pyeventsourcing":
        announcement_id = await _create(port, build_http_request("POST", ANNOUNCE_PATH, "none"))
    elif subject.name != "bare":
        announcement_id = await announce(port)
    return announcement_id


async def announce(port: int) -> str:
    """Announce an evening at our write path. Returns its id."""
    return await _create(port, announce_request(48))


async def _create(port: int, request: bytes) -> str:
    """Send a request that announces an evening and return its id."""
    bodies: list[bytes] = []
    figures = await drive(port, iter([request]), 1, bodies)
    if figures.statuses != {201: 1}:
        raise RuntimeError(f"not announced: {figures.statuses} {bodies[0]!r}")
    return str(msgspec.json.decode(bodies[0])["id"])
