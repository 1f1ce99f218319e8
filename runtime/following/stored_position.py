"""Stores a reader's position in PostgreSQL, beside the rows that the reader writes.

A durable reader stores its position in the transaction of its rows (R4), and moves it only
from the position that it expects. This fences off a second writer.
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.journal.acceptance import ReaderState
from runtime.journal.tail import START, Position
from runtime.postgres.tables import Fenced, acquire_connection

_COLUMNS: Final = '"offset", term, seq, hash, nonce, open'


class StoredPosition:
    """The row of one reader in a table `reader_position` in PostgreSQL."""

    def __init__(
        self, table: str, reader: str, *, also_set: str = "", returning: str = "p.seq"
    ) -> None:
        """`move` also sets `also_set` and returns `returning`, both SQL. There `p` is the row,
        `before` is the row as it was, and the further arguments of `move` are $10 and on."""
        self._reader = reader
        self._create = f"""
            INSERT INTO {table} (reader, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """
        self._select = f"SELECT {_COLUMNS} FROM {table} WHERE reader = $1"
        # Locks the row before anything else: of two readers one waits, and then finds nothing.
        self._update = f"""
            UPDATE {table} p
            SET "offset" = $4, term = $5, seq = $6, hash = $7, nonce = $8, open = $9
                {also_set and f", {also_set}"}
            FROM (SELECT * FROM {table} WHERE reader = $1 FOR UPDATE) before
            WHERE p.reader = before.reader AND p.seq = $2 AND p.hash = $3
            RETURNING {returning}
        """

    async def load_or_create(self, pool: asyncpg.Pool) -> Position:
        """Return the stored position, and make sure that there is a row to move: a new one
        stores `START`. Raises TablesUnavailable."""
        async with acquire_connection(pool) as connection:
            await connection.execute(self._create, self._reader, *position_values(START))
            return await self.load(connection)

    async def lock(self, connection: PoolConnectionProxy) -> Position:
        """Return the stored position, which nobody moves until the transaction ends."""
        row = await connection.fetchrow(f"{self._select} FOR UPDATE", self._reader)
        return START if row is None else position_from(tuple(row))

    async def load(self, connection: PoolConnectionProxy) -> Position:
        """Return the stored position; `START` if nothing was stored yet."""
        row = await connection.fetchrow(self._select, self._reader)
        return START if row is None else position_from(tuple(row))

    async def move(
        self,
        connection: PoolConnectionProxy,
        expected: Position,
        reached: Position,
        *arguments: Any,
    ) -> asyncpg.Record:
        """Move the position and return what `returning` says. Raises Fenced if the stored
        position is not the expected one."""
        before = expected.state
        moved = await connection.fetchrow(
            self._update,
            self._reader,
            before.seq,
            before.hash,
            *position_values(reached),
            *arguments,
        )
        if moved is None:
            raise Fenced(
                f"the tables are not at seq {before.seq}: another {self._reader} moved them"
            )
        return moved


def position_values(position: Position) -> tuple[int, int, int, str, str, bool]:
    """Return the values to store: offset, term, seq, hash, nonce, open."""
    state = position.state
    return position.offset, state.term, state.seq, state.hash, state.nonce, state.open


def position_from(values: Sequence[Any]) -> Position:
    """Return the position whose `position_values` were stored. Numbers may come as any type
    that `int` accepts."""
    offset, term, seq, record_hash, nonce, is_open = values
    return Position(
        int(offset), ReaderState(int(term), int(seq), record_hash, nonce, open=bool(is_open))
    )
