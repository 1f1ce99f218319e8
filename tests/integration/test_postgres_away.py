"""PostgreSQL ends in the middle of everything, is read-only, or is not there yet.

No process may end with it, and all work again once it is back.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from launcher.servers.postgres import DATABASE, PostgresServer
from notifier.dispatcher import Dispatcher
from notifier.reader import NoticeReader
from notifier.short_links import ShortLinks
from notifier.store.outbox import NoticeOutbox
from notifier.store.queue import NoticeQueue
from projector.service import ProjectorService
from query_api.edge.positions import PositionWaiter
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import (
    TablesUnavailable,
    acquire_connection,
    transaction,
    translate_postgres_errors,
)
from runtime.process.clock import system_clock
from runtime.process.lifecycle import Process, run_as
from runtime.process.tasks import end, keep_running
from tests.cells.notifier_cell import Around
from tests.cells.projector_cell import SMALL
from tests.histories.random_people import RandomPeople
from tests.waiting import eventually

KILLS: Final = 6
USERS: Final = 8


@pytest.fixture
def reasons() -> Iterator[list[str]]:
    """Why the process had to end."""
    found: list[str] = []
    with run_as(Process(found.append)):
        yield found


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PostgresServer]:
    """A server of the test's own."""
    server = PostgresServer(tmp_path / "postgres")
    await server.start()
    yield server
    await server.stop()


class Users:
    """Work of every kind on one pool, over and over; any error but the two that the
    tables' callers know ends the process."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.seen: Counter[str] = Counter()
        """Errors of asyncpg and the network behind TablesUnavailable."""
        self.done = 0

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        kinds = (self._read, self._write, self._stream, self._listen)
        tasks = [
            keep_running(self._over_and_over(kinds[number % len(kinds)]), f"user {number}")
            for number in range(USERS)
        ]
        yield
        for task in tasks:
            await end(task)

    async def _over_and_over(self, work: Any) -> None:
        while True:
            try:
                await work()
                self.done += 1
            except TablesUnavailable as error:
                self.seen[type(error.__cause__).__name__] += 1
                await asyncio.sleep(0.01)

    async def _read(self) -> None:
        async with acquire_connection(self._pool) as connection:
            await connection.fetch("SELECT generate_series(1, 5000)::text")

    async def _write(self) -> None:
        async with transaction(self._pool) as connection:
            await connection.execute("CREATE TEMP TABLE t (n int) ON COMMIT DROP")
            await connection.executemany("INSERT INTO t VALUES ($1)", [(n,) for n in range(500)])

    async def _stream(self) -> None:
        async with transaction(self._pool) as connection:
            async for _ in connection.cursor("SELECT generate_series(1, 2000)", prefetch=50):
                pass

    async def _listen(self) -> None:
        async with acquire_connection(self._pool) as connection:
            await connection.add_listener("anything", _ignore)
            try:
                await connection.fetchval("SELECT pg_sleep(0.01)")
            finally:
                with translate_postgres_errors():
                    await connection.remove_listener("anything", _ignore)


async def test_whatever_a_dying_server_answers_means_that_it_is_away(
    server: PostgresServer, reasons: list[str]
) -> None:
    pool = await open_pool(server.dsn, size_max=USERS)
    users = Users(pool)
    async with users.busy():
        for kill in range(KILLS):
            before = users.done
            await eventually(lambda before=before: users.done > before + 2 * USERS)  # type: ignore[misc]
            await (server.kill() if kill % 2 else server.stop())
            await server.start()
        before = users.done
        await eventually(lambda: users.done > before + USERS)
    pool.terminate()
    assert reasons == []
    assert users.seen


async def test_projector_notifier_and_reads_outlive_postgresql(
    server: PostgresServer, reasons: list[str], sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(4).live(60).chain
    await chain.write_to(sqlite_journal, 0, 1)
    pool = await open_pool(server.dsn)
    await migrate(pool)
    projector = ProjectorService(sqlite_journal, pool, limits=SMALL)
    around = Around()
    queue = NoticeQueue(pool)
    dispatcher = Dispatcher(
        queue,
        notification=around,
        links=ShortLinks(queue, around, ""),
        auth=around,
        ugc=around,
        clock=system_clock,
    )
    reader = NoticeReader(sqlite_journal, NoticeOutbox(pool), on_notices=dispatcher.wake)
    waiter = PositionWaiter(pool, timeout_s=60.0)
    await projector.start()
    await waiter.start()
    notifying = [
        keep_running(reader.run(), "reader"),
        keep_running(dispatcher.run(), "dispatcher"),
    ]
    written = 1
    for kill in range(KILLS):
        part = 1 + (kill + 1) * (len(chain.payloads) - 1) // KILLS
        await chain.write_to(sqlite_journal, written, part)
        written = part
        await (server.kill() if kill % 2 else server.stop())
        await server.start()
    await waiter.wait(chain.seq)
    await eventually(lambda: reader.position.state.seq == chain.seq)
    await eventually(lambda: projector.position == chain.seq)
    await eventually(lambda: waiter.readiness() == {"tables": True, "position": chain.seq})
    assert reasons == []
    for task in notifying:
        await end(task)
    await waiter.stop()
    await projector.stop()
    pool.terminate()


async def test_read_only_tables_are_waited_for_with_a_reason(
    server: PostgresServer, reasons: list[str], sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(4).live(20).chain
    await chain.write_to(sqlite_journal)
    await _set_read_only(server, "on")
    pool = await open_pool(server.dsn)
    projector = ProjectorService(sqlite_journal, pool)
    await projector.start()
    await eventually(lambda: projector.readiness().get("tables_away") == "read_only")
    await _set_read_only(server, "off")
    await eventually(lambda: projector.ready and projector.position == chain.seq)
    await projector.stop()
    pool.terminate()
    assert reasons == []


async def test_reads_go_on_at_a_standby_and_all_work_once_it_is_promoted(
    server: PostgresServer,
    reasons: list[str],
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = await open_pool(server.dsn)
    await migrate(pool)
    pool.terminate()
    await server.stop()
    (tmp_path / "postgres" / "cluster" / "standby.signal").touch()
    monkeypatch.setattr(PostgresServer, "_create_database", _made_before)
    await server.start()

    chain = RandomPeople(4).live(20).chain
    await chain.write_to(sqlite_journal)
    pool = await open_pool(server.dsn)
    projector = ProjectorService(sqlite_journal, pool)
    waiter = PositionWaiter(pool, timeout_s=60.0)
    await projector.start()
    await waiter.start()
    await eventually(lambda: projector.readiness().get("tables_away") == "read_only")
    await eventually(lambda: waiter.readiness() == {"tables": True, "position": 0})

    connection = await asyncpg.connect(server.dsn_of("postgres"))
    assert await connection.fetchval("SELECT pg_promote()")
    await connection.close()
    await waiter.wait(chain.seq)
    await eventually(lambda: projector.ready)
    await waiter.stop()
    await projector.stop()
    pool.terminate()
    assert reasons == []


async def _made_before(_server: PostgresServer) -> None:
    """A standby takes no CREATE DATABASE."""


async def test_a_database_that_is_not_made_yet_is_waited_for(
    server: PostgresServer, reasons: list[str], sqlite_journal: SqliteJournal
) -> None:
    pool = await open_pool(server.dsn_of("later"))
    projector = ProjectorService(sqlite_journal, pool)
    waiter = PositionWaiter(pool, timeout_s=1.0)
    await projector.start()
    await waiter.start()
    await eventually(lambda: projector.readiness().get("tables_away") == "no_database")
    await eventually(lambda: waiter.readiness().get("tables_away") == "no_database")
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("CREATE DATABASE later")
    await connection.close()
    await eventually(lambda: projector.ready and waiter.listening)
    await waiter.stop()
    await projector.stop()
    pool.terminate()
    assert reasons == []


def _ignore(*_notified: object) -> None:
    pass


async def _set_read_only(server: PostgresServer, value: str) -> None:
    """Also for connections that are there: they are ended, and made anew."""
    connection = await asyncpg.connect(server.dsn_of("postgres"))
    await connection.execute(
        f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = {value}"
    )
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", DATABASE
    )
    await connection.close()
