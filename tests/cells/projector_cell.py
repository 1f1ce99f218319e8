"""Runs a projector over SQLite and PostgreSQL, and reads the tables for its tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from uuid import UUID

import asyncpg

from contracts.events.person import PersonSeen
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import Outcome, hash_record
from contracts.values.ids import AnnouncementId, PersonId
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from projector.read_models.ports import Sink
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.project import TABLES
from projector.read_models.projector import Projector
from projector.read_models.read_model import Key
from runtime.following.reader import BatchLimits, Step
from runtime.journal.port import Journal
from runtime.journal.tail import Position
from tests.cells.killed import Killed
from tests.histories.chain import Chain
from tests.waiting import WITHIN_S, eventually

SMALL: Final = BatchLimits(events_max=7, pause_s=0.001, idle_wait_s=0.05)

Rows = dict[str, dict[Key, tuple[Any, ...]]]


def uuid_text(number: int) -> str:
    return str(UUID(int=number))


def seen(number: int, name: str) -> PersonSeen:
    return PersonSeen(person_id=PersonId(uuid_text(number)), name=name)


@asynccontextmanager
async def running(projector: Projector) -> AsyncIterator[asyncio.Task[Any]]:
    task: asyncio.Task[Any] = asyncio.create_task(projector.run())
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task


async def follow(journal: Journal, sink: Sink, seq: int, limits: BatchLimits = SMALL) -> None:
    """Run a projector until the tables are at `seq`. Raises whatever stops it before."""
    projector = Projector(journal, sink, limits=limits)
    async with running(projector) as task:
        await eventually(lambda: task.done() or projector.position.state.seq >= seq)
        if task.done():
            task.result()


class Dying(PostgresSink):
    """Its process dies at the second write: before it, or before it is known to be done."""

    def __init__(self, pool: asyncpg.Pool, *, written: bool) -> None:
        super().__init__(pool)
        self._written = written
        self._writes = 0

    async def write(self, batch: RowBatch, step: Step) -> None:
        self._writes += 1
        if self._writes == 1 or self._written:
            await super().write(batch, step)
        if self._writes == 2:
            raise Killed


async def read_rows(pool: asyncpg.Pool) -> Rows:
    async with PostgresSink(pool).snapshot() as snapshot:
        return {
            table.name: {row[0]: tuple(row) async for part in snapshot.rows(table) for row in part}
            for table in TABLES
        }


def fold_rows(chain: Chain) -> Rows:
    tables = MemoryTables()
    tables.apply(RowBatch(Intake().take(chain.commits)))
    return tables.rows


async def read_letters(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return await pool.fetch("SELECT * FROM read_model.dead_letters ORDER BY seq, event_index")


async def somebody_waits_behind(blocker: Any) -> None:
    """Return once another connection waits for what this one holds."""
    sql = """SELECT count(*) FROM pg_locks
             WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"""
    async with asyncio.timeout(WITHIN_S):
        while not await blocker.fetchval(sql):
            await asyncio.sleep(0.005)


def find_end(chain: Chain) -> Position:
    """Return the position of the chain's last record, in a journal that holds nothing else."""
    state = ReaderState(1, chain.seq, hash_record(chain.payloads[-1]), "nonce", open=True)
    return Position(chain.seq - 1, state)


def commit_stored(
    chain: Chain,
    *events: dict[str, Any],
    facts: dict[str, Any] | None = None,
    about: str | None = None,
) -> None:
    """Commit events as they are stored, whether this version knows them or not."""
    announcement_id = None if about is None else AnnouncementId(about)
    chain.commit(
        *events, outcome=Outcome("recorded", announcement_id=announcement_id, facts=facts or {})
    )
