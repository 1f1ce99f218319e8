"""Keeps who asked the history, when, what for and what. Rows are only ever added."""

from datetime import datetime
from typing import Final

import asyncpg
from msgspec import Struct

from contracts.errors import Unavailable
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

INSERT: Final = """
    INSERT INTO access.uses_of_history (at, signed_by, why, sql) VALUES ($1, $2, $3, $4)
"""
SELECT: Final = """
    SELECT id, at, signed_by AS by, why, sql FROM access.uses_of_history
    WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2
"""


class UseOfHistory(Struct, frozen=True, kw_only=True):
    """One question to the history."""

    id: int
    at: datetime
    by: str
    """How the investigator signed."""
    why: str
    sql: str


class UsesOfHistory:
    """The table of uses. Methods raise Unavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def record(self, at: datetime, by: str, why: str, sql: str) -> None:
        """Add a use. Returns once it is on the disk."""
        try:
            async with transaction(self._pool) as connection:
                # The query service's role only reads, unless it says otherwise.
                await connection.execute("SET TRANSACTION READ WRITE")
                await connection.execute(INSERT, at, by, why, sql)
        except TablesUnavailable as error:
            raise Unavailable from error

    async def select(self, before: int | None, limit: int) -> list[UseOfHistory]:
        """Return the newest first; with `before` only those with a smaller id."""
        try:
            async with acquire_connection(self._pool) as connection:
                rows = await connection.fetch(SELECT, before, limit)
        except TablesUnavailable as error:
            raise Unavailable from error
        return [UseOfHistory(**dict(row)) for row in rows]
