"""Rewrites tables, so that nothing of deleted and replaced rows is left in their files.

An ordinary VACUUM only marks the place of old rows as free; their bytes stay until something else
is written there. VACUUM FULL copies the living rows to new files, with all indexes, and deletes
the old files. Nobody can use a table while it is being copied.
"""

from collections.abc import Iterable
from typing import Final

import asyncpg

from runtime.postgres.tables import acquire_connection

# Others wait behind this for as long as it waits itself. The pool undoes the settings when it
# takes the connection back.
LIMITS: Final = "SET lock_timeout = '2s'; SET statement_timeout = 0"


async def rewrite_tables(pool: asyncpg.Pool, tables: Iterable[str]) -> None:
    """Rewrite the tables, one after another. Raises TablesUnavailable, also if a table is in use
    for long. Rows that a transaction of somebody else may still read are copied as well."""
    async with acquire_connection(pool) as connection:
        await connection.execute(LIMITS)
        for table in tables:
            await connection.execute(f"VACUUM (FULL) {table}")
