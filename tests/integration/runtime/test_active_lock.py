"""Of several processes one is active, and the next one takes over if that one is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import pytest

from runtime.postgres.active_lock import LOCK_CLASS, ActiveLock, LockPace
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import Fenced
from runtime.process.tasks import end
from tests.torture.proxy import start_table_link
from tests.waiting import eventually

QUICK: Final = LockPace(look_s=0.05, sign_s=0.05)
"""With as much patience as by default, so that a slow machine loses no lock."""


class Work:
    """What only one process may do at a time."""

    def __init__(self) -> None:
        self.begun = 0
        self._doing = 0

    async def __call__(self) -> None:
        self.begun += 1
        self._doing += 1
        assert self._doing == 1
        try:
            await asyncio.Event().wait()
        finally:
            self._doing -= 1


@asynccontextmanager
async def contending(pool: asyncpg.Pool, work: Work) -> AsyncIterator[ActiveLock]:
    lock = ActiveLock(pool, "projector", QUICK)
    running = asyncio.create_task(lock.run_while_held(work))
    try:
        yield lock
        assert not running.done()
    finally:
        await end(running)


async def test_a_standby_takes_over_from_a_process_that_ends(tables: asyncpg.Pool) -> None:
    work = Work()
    first = ActiveLock(tables, "projector", QUICK)
    running = asyncio.create_task(first.run_while_held(work))
    await eventually(lambda: first.held)
    async with contending(tables, work) as second:
        assert not second.taken
        await eventually(lambda: second.taken)
        assert (first.held, first.taken, second.held) == (True, False, False)
        await end(running)
        await eventually(lambda: second.held)
        assert not second.taken
        assert not first.held


async def test_other_names_are_other_locks(tables: asyncpg.Pool) -> None:
    async with contending(tables, Work()) as projector:
        notifier = ActiveLock(tables, "notifier", QUICK)
        running = asyncio.create_task(notifier.run_while_held(Work()))
        await eventually(lambda: projector.held and notifier.held)
        await end(running)


async def test_a_lost_connection_ends_the_work_at_once(tables: asyncpg.Pool) -> None:
    work = Work()
    async with contending(tables, work) as lock:
        await eventually(lambda: lock.held)
        await tables.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            f"AND classid = {LOCK_CLASS}"
        )
        await eventually(lambda: work.begun == 2)


async def test_a_process_that_is_cut_off_stops_before_a_standby_takes_over(
    postgres_dsn: str, tables: asyncpg.Pool
) -> None:
    work = Work()  # Refuses to be done twice at once.
    link, through = await start_table_link(postgres_dsn)
    far = await open_pool(through)
    async with contending(far, work) as cut_off:
        await eventually(lambda: cut_off.held)
        async with contending(tables, work) as standby:
            link.freeze()  # New connections carry nothing either, so it cannot come back.
            await eventually(lambda: standby.held)
            assert not cut_off.held
    far.terminate()
    await link.stop()


async def test_half_a_statement_of_a_process_that_is_frozen_holds_no_rows_for_long(
    postgres_dsn: str, tables: asyncpg.Pool
) -> None:
    """A driver prepares a statement, and sends its arguments once it has the answer. In between,
    no limit of PostgreSQL ends the transaction."""
    frozen = await open_pool(postgres_dsn)
    connection = await frozen.acquire()
    await connection.execute("BEGIN; SELECT pg_advisory_xact_lock(7)")
    await connection.prepare("SELECT 1")
    async with contending(tables, Work()) as lock:
        await eventually(lambda: lock.held)
        await tables.execute("SELECT pg_advisory_lock(7), pg_advisory_unlock(7)")
    frozen.terminate()


async def test_work_that_was_fenced_off_begins_again(tables: asyncpg.Pool) -> None:
    attempts = 0

    async def work() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise Fenced("another one wrote")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ActiveLock(tables, "projector", QUICK).run_while_held(work)
    assert attempts == 2
