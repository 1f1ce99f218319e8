"""Measures what open streams cost a query process.

Questions: what do 1,000 idle streams cost one process in memory and processor time, also while
the cell is busy with other people's affairs? How soon does an event come, alone and if all 1,000
watch one announcement? Method: a real query process over a real PostgreSQL with tables
of 20,000 announcements, and a client that opens a stream for each of 1,000 people and reads it.
Rows are changed as the projector changes them: in a transaction that moves its position first
and notifies. Memory is resident memory, time is processor time, both of the query process alone.

    python -m benchmarks.reads.streams [--streams 1000] [--seconds 30]
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final, cast

import asyncpg

from benchmarks.generated.read_tables import MOVE, fill, id_of
from benchmarks.harness.hot_evening import make_token
from benchmarks.harness.processes import Cost, read_cost
from benchmarks.harness.report import Report
from benchmarks.reads.query_process import serve_query_api
from launcher.profiles.tables import prepare_tables
from launcher.servers.postgres import PostgresServer
from runtime.postgres.pools import open_pool

ANNOUNCEMENTS: Final = 20_000
FIRST_PERSON: Final = 100
CHANGES_A_SECOND: Final = 20
LATENCIES: Final = 100
EVENT: Final = b"\nevent: announcement\n"

CHANGE: Final = """
    UPDATE read_model.announcements SET title = 'Changed ' || now() WHERE announcement_id = $1
"""
SELECT_OWN: Final = """
    SELECT announcement_id FROM read_model.announcements
    WHERE author_id = $1 AND status <> 'Created' LIMIT 1
"""
SELECT_OF_OTHERS: Final = """
    SELECT announcement_id FROM read_model.announcements
    WHERE author_id = ANY($1::uuid[]) AND status = 'Done' LIMIT 100
"""
SELECT_PUBLIC: Final = """
    SELECT announcement_id FROM read_model.announcements
    WHERE status = 'Alive' AND visibility = 'public' AND author_id <> ALL($1::uuid[]) LIMIT 1
"""


class StreamClient(asyncio.Protocol):
    """Reads one stream, and knows when it last brought an event."""

    def __init__(self, person_id: str, query: str) -> None:
        self._request = (
            f"GET /api/v1/stream{query} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {make_token(person_id)}\r\n\r\n"
        ).encode()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.told = asyncio.Event()
        self.told_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # Uvloop's is not a subclass.
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if EVENT in data:
            self.told_at = time.perf_counter()
            self.told.set()
        if not self.begun.done() and b"\nretry: " in data:
            self.begun.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.begun.done():
            self.begun.set_exception(error or ConnectionError("no stream"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    asyncio.run(measure(asked.streams, asked.seconds))


async def measure(streams: int, seconds: float) -> None:
    report = Report(f"python -m benchmarks.reads.streams --streams {streams} --seconds {seconds:g}")
    people = [id_of(f"person{FIRST_PERSON + n}") for n in range(streams)]
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            PostgresServer(Path(scratch), settings={"fsync": "off"}) as postgres,
            serve_query_api(
                (await prepare_tables(postgres.dsn))["query_api"], PRACTIX_HTTP__DRAIN_S="0"
            ) as (pid, port),
            await open_pool(postgres.dsn) as pool,
        ):
            await fill(pool, ANNOUNCEMENTS)
            await _change(pool, None)
            await _warm(port, people)
            before = read_cost(pid)
            await asyncio.sleep(seconds)
            report.add("none/cpu", _percent(pid, before, seconds), "% of a core", 1)
            clients = await _open(port, people, "")
            opened = read_cost(pid)
            report.add(
                "open/memory",
                (opened.resident_mb - before.resident_mb) * 1_000 / streams,
                "kB each",
                streams,
            )
            report.add("open/resident", opened.resident_mb, "MB", 1)
            await _report_idle(report, pid, seconds, streams)
            await _report_busy(report, pool, pid, seconds)
            await _report_latencies(report, pool, people, clients)
            for client in clients:
                client.transport.close()
            await _report_crowd(report, pool, port, pid, people)
    report.print()


async def _report_idle(report: Report, pid: int, seconds: float, streams: int) -> None:
    before = read_cost(pid)
    await asyncio.sleep(seconds)
    report.add("idle/cpu", _percent(pid, before, seconds), "% of a core", streams)


async def _report_busy(report: Report, pool: asyncpg.Pool, pid: int, seconds: float) -> None:
    """Change what concerns none of the streams."""
    others = [id_of(f"person{n}") for n in range(2, FIRST_PERSON)]
    rows = await pool.fetch(SELECT_OF_OTHERS, others)
    before, until, changes = read_cost(pid), time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        await _change(pool, rows[changes % len(rows)]["announcement_id"])
        changes += 1
        await asyncio.sleep(1 / CHANGES_A_SECOND)
    report.add("busy/cpu", _percent(pid, before, seconds), "% of a core", changes)
    report.add("busy/cpu_each", _spent(pid, before) * 1_000 / changes, "ms a change", changes)


async def _report_latencies(
    report: Report, pool: asyncpg.Pool, people: list[str], clients: list[StreamClient]
) -> None:
    """Measure from the end of a transaction until the one stream that it concerns has the event."""
    latencies = []
    for person_id, client in zip(people, clients, strict=True):
        announcement_id = await pool.fetchval(SELECT_OWN, person_id)
        if announcement_id is None:
            continue
        client.told.clear()
        await _change(pool, announcement_id)
        changed_at = time.perf_counter()
        await client.told.wait()
        latencies.append((client.told_at - changed_at) * 1_000)
        if len(latencies) == LATENCIES:
            break
    latencies.sort()
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        report.add(f"one/{name}", latencies[int(len(latencies) * part)], "ms", len(latencies))


async def _report_crowd(
    report: Report, pool: asyncpg.Pool, port: int, pid: int, people: list[str]
) -> None:
    """Let all watch one announcement, and change it once."""
    announcement_id = await pool.fetchval(SELECT_PUBLIC, people)
    clients = await _open(port, people, f"?announcement_id={announcement_id}")
    before = read_cost(pid)
    await _change(pool, announcement_id)
    changed_at = time.perf_counter()
    await asyncio.gather(*(client.told.wait() for client in clients))
    waited = sorted(client.told_at - changed_at for client in clients)
    report.add("crowd/first", waited[0] * 1_000, "ms", len(clients))
    report.add("crowd/last", waited[-1] * 1_000, "ms", len(clients))
    report.add("crowd/cpu_each", _spent(pid, before) * 1_000 / len(clients), "ms", len(clients))
    for client in clients:
        client.transport.close()


async def _open(port: int, people: list[str], query: str) -> list[StreamClient]:
    """Open a stream for each of the people, and wait until all have begun and are quiet."""
    loop = asyncio.get_running_loop()
    clients = []
    for person_id in people:
        client = StreamClient(person_id, query)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
        await client.begun
        clients.append(client)
    await asyncio.sleep(2.0)
    return clients


async def _warm(port: int, people: list[str]) -> None:
    """Open and close some streams, so that what all share is there already."""
    for client in await _open(port, people[:20], ""):
        client.transport.close()
    await asyncio.sleep(1.0)


async def _change(pool: asyncpg.Pool, announcement_id: str | None) -> None:
    """Change an announcement, if one is named, as the projector does."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(MOVE)
        if announcement_id is not None:
            await connection.execute(CHANGE, announcement_id)


def _spent(pid: int, before: Cost) -> float:
    return read_cost(pid).cpu_s - before.cpu_s


def _percent(pid: int, before: Cost, seconds: float) -> float:
    return 100 * _spent(pid, before) / seconds


if __name__ == "__main__":
    main()
