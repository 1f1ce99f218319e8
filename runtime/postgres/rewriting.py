"""Rewrites tables, so that nothing of deleted and replaced rows is left in PostgreSQL's files.

An ordinary VACUUM only marks the place of old rows as free; their bytes stay until something else
is written there. VACUUM FULL copies the living rows to new files, with all indexes, and deletes
the old files. Nobody can use a table while it is being copied.

PostgreSQL also has old rows in its write-ahead log. `renew_write_ahead_log` ends the file that is
being written, and deletes the files that no recovery needs any more. The server must not recycle
them under new names (`wal_recycle=off`).
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.postgres.tables import acquire_connection

REWRITE_S_MAX: Final = 3600.0
"""How long one table may be out of use."""

# Others wait behind this for as long as it waits itself.
_LIMITS: Final = "SET lock_timeout = '2s'; SET statement_timeout = 0"
_USUAL_LIMITS: Final = "RESET lock_timeout; RESET statement_timeout"
_STATISTICS: Final = "pg_catalog.pg_statistic"
"""Holds common words of texts that are searched."""


async def rewrite_tables(pool: asyncpg.Pool, tables: Iterable[str]) -> bool:
    """Rewrite the tables, one after another, and the planner's statistics about them.

    Returns False if an old row had to be copied because a transaction may still read it: try
    again later. Raises TablesUnavailable, also if a table is in use for long.
    """
    async with acquire_connection(pool) as connection:
        await connection.execute(_LIMITS)
        try:
            kept = 0
            for table in tables:
                kept += await _rewrite_table(connection, table)
                await connection.execute(f"ANALYZE {table}", timeout=REWRITE_S_MAX)
            await _rewrite_table(connection, _STATISTICS)  # Skipped without the right to it.
            return kept == 0
        finally:
            await connection.execute(_USUAL_LIMITS)


async def renew_write_ahead_log(pool: asyncpg.Pool) -> bool:
    """Take what was written until now out of the write-ahead log. Returns False if the role may
    not do that: then it is there until the server's own checkpoints remove it. Raises
    TablesUnavailable."""
    async with acquire_connection(pool) as connection:
        with suppress(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT pg_switch_wal()")
            await connection.execute("CHECKPOINT", timeout=REWRITE_S_MAX)
            return True
    return False


async def _rewrite_table(connection: PoolConnectionProxy, table: str) -> int:
    """Rewrite the table. Returns how many old rows were copied, too."""
    details: list[str] = []

    def note(_connection: Any, message: Any) -> None:
        details.append(getattr(message, "detail", None) or "")

    connection.add_log_listener(note)
    try:
        await connection.execute(f"VACUUM (FULL, VERBOSE) {table}", timeout=REWRITE_S_MAX)
    finally:
        connection.remove_log_listener(note)
    return sum(map(_count_kept, details))


def _count_kept(detail: str) -> int:
    """Return the number of old rows in PostgreSQL's report: "3 dead row versions cannot be
    removed yet."; 0 for any other text."""
    found = re.match(r"(\d+)\D*(\n|\Z)", detail)
    return int(found[1]) if found else 0
