"""Writes the read models to PostgreSQL: rows, dead letters and position in one transaction."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.journal.places import EventPlace
from projector.read_models.batch import BatchPart, RowBatch
from projector.read_models.ports import WrongRank
from projector.read_models.postgres import statements
from projector.read_models.postgres.author_rank import SELECT_WRONG, TIMEOUT_S, rank_announcements
from projector.read_models.postgres.erasing import ERASE_LETTERS, ERASE_ROWS
from projector.read_models.postgres.scores import build_score_statements, find_rescored_people
from projector.read_models.project import TABLES
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import TableShape
from runtime.following.reader import Step
from runtime.following.stored_position import StoredPosition
from runtime.journal.tail import Position
from runtime.postgres.read_models import CHANNEL_OF_POSITIONS
from runtime.postgres.rewriting import REWRITE_S_MAX
from runtime.postgres.tables import (
    ALLOW_COMPUTING,
    RowsRefused,
    acquire_connection,
    transaction,
    translate_postgres_errors,
)

# A transaction that PostgreSQL loses in a crash is projected again, so none waits for the disk.
POSITION: Final = StoredPosition(
    "reader_position",
    "projector",
    also_set="decided_at = coalesce($10, p.decided_at)",
    # Only who reads these very tables is woken.
    returning=f"""set_config('synchronous_commit', 'off', true),
        pg_notify({CHANNEL_OF_POSITIONS}, p.seq::text)""",
)
SNAPSHOT_ROWS: Final = 500


class PostgresSink:
    """Implements `projector.read_models.ports.Sink`. The tables must exist
    (`runtime.postgres.migrations`).

    Of `tables` it writes the rows; all others stay empty."""

    def __init__(self, pool: asyncpg.Pool, tables: Collection[TableShape] = TABLES) -> None:
        self._pool = pool
        self._tables = tables

    async def position(self) -> Position:
        return await POSITION.load_or_create(self._pool)

    async def stopped_keys(self) -> frozenset[str]:
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(statements.SELECT_STOPPED_KEYS)
        return frozenset(row["key"] for row in rows)

    async def dropped(self) -> frozenset[EventPlace]:
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(statements.SELECT_DROPPED)
        return frozenset(EventPlace(*row) for row in rows)

    async def write(self, batch: RowBatch, step: Step) -> None:
        async with transaction(self._pool) as connection:
            await POSITION.move(connection, step.expected, step.reached, step.decided_at)
            for part in batch.parts:
                await write_part(connection, part, self._tables)
            if batch.letters:
                await _execute(connection, statements.build_letters_statement(batch.letters))
            if erased := batch.erased:
                await connection.execute(ERASE_LETTERS, list(erased), list(erased.values()))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["PostgresSnapshot"]:
        async with (
            acquire_connection(self._pool) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            with translate_postgres_errors():
                await connection.execute(ALLOW_COMPUTING)
            yield PostgresSnapshot(connection)


class PostgresSnapshot:
    """Implements `projector.read_models.ports.TablesSnapshot`."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self._connection = connection

    async def position(self) -> Position:
        with translate_postgres_errors():
            return await POSITION.load(self._connection)

    async def dead_letters(self) -> int:
        with translate_postgres_errors():
            count: int = await self._connection.fetchval(statements.COUNT_LETTERS)
        return count

    async def dropped(self) -> frozenset[EventPlace]:
        with translate_postgres_errors():
            rows = await self._connection.fetch(statements.SELECT_DROPPED)
        return frozenset(EventPlace(*row) for row in rows)

    async def last_erasure(self) -> int:
        with translate_postgres_errors():
            seq: int = await self._connection.fetchval(statements.SELECT_LAST_ERASURE)
        return seq

    async def hold(self, tables: Collection[TableShape]) -> None:
        names = ", ".join(table.name for table in tables)
        with translate_postgres_errors():
            await self._connection.execute(
                f"LOCK TABLE {names} IN ACCESS SHARE MODE", timeout=REWRITE_S_MAX
            )

    async def rows(self, table: TableShape) -> AsyncIterator[Sequence[Sequence[Any]]]:
        with translate_postgres_errors():
            cursor = await self._connection.cursor(statements.build_select(table))
            while rows := await cursor.fetch(SNAPSHOT_ROWS):
                yield [tuple(row) for row in rows]

    async def wrong_ranks(self) -> Sequence[WrongRank]:
        with translate_postgres_errors():
            rows = await self._connection.fetch(SELECT_WRONG, timeout=TIMEOUT_S)
        return [WrongRank(*row) for row in rows]


async def write_part(
    connection: PoolConnectionProxy, part: BatchPart, tables: Collection[TableShape] = TABLES
) -> None:
    """Write what a part of a batch puts into these tables, in the transaction of `connection`.
    Raises RowsRefused."""
    for table in tables:
        for statement in statements.build_statements(table, part.patches[table.name]):
            await _execute(connection, statement)
    if SCORES in tables:
        await _update_scores(connection, part)
    if part.erased:
        for sql in ERASE_ROWS:
            await connection.execute(sql, list(part.erased))


async def _update_scores(connection: PoolConnectionProxy, part: BatchPart) -> None:
    """Update what follows from rows of the part: scores, and from them ranks of
    announcements."""
    people = await find_rescored_people(connection, part)
    for statement in build_score_statements(people):
        await _execute(connection, statement)
    await rank_announcements(connection, part, [person_id for person_id, _ in people])


async def _execute(connection: PoolConnectionProxy, statement: statements.Statement) -> None:
    """Execute the statement. Raises RowsRefused if a row is absent that must exist."""
    if not statement.must_exist:
        await connection.execute(statement.sql, *statement.arguments)
        return
    rows: int = await connection.fetchval(statement.sql, *statement.arguments)
    if rows != statement.rows:
        raise RowsRefused(f"{statement.rows - rows} of {statement.rows} rows to change are absent")
