"""Sets indexes of the read models aside while empty tables are filled, and makes them again.

To keep an index up row by row costs far more than to make it once, and a row whose change is in no
index is changed in place. The definitions are kept in a table, so an index that was set aside is
never lost: whoever fills the tables makes it again at the end.
"""

from collections.abc import Collection
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.postgres.tables import transaction, translate_postgres_errors

MAKE_S_MAX: Final = 3600.0
_ASIDE: Final = "indexes_aside"
_SET_ASIDE: Final = f"""
    INSERT INTO {_ASIDE} (name, definition)
    SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid)
    FROM pg_index index JOIN pg_class of_table ON of_table.oid = index.indrelid
    WHERE of_table.relnamespace = current_schema()::regnamespace AND NOT index.indisunique
      AND NOT EXISTS (
          SELECT FROM pg_attribute first
          WHERE first.attrelid = index.indrelid AND first.attnum = index.indkey[0]
            AND of_table.relname || '.' || first.attname = ANY($1::text[]))
    RETURNING name
"""
_COUNT: Final = f"SELECT count(*) FROM {_ASIDE}"
_TAKE_ONE: Final = f"""
    DELETE FROM {_ASIDE} WHERE name = (SELECT min(name) FROM {_ASIDE}) RETURNING definition
"""


async def set_indexes_aside(pool: asyncpg.Pool, needed: Collection[str]) -> None:
    """Drop all indexes that neither are unique nor begin with one of the columns in `needed`, such
    as `bookings.words_by`. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        found = await connection.fetch(_SET_ASIDE, list(needed))
        for row in found:
            await connection.execute(f"DROP INDEX {row['name']}")


async def count_indexes_aside(pool: asyncpg.Pool) -> int:
    """Return how many indexes have to be made again. Raises TablesUnavailable."""
    with translate_postgres_errors():
        count: int = await pool.fetchval(_COUNT)
    return count


async def make_index_again(pool: asyncpg.Pool) -> bool:
    """Make one of the indexes that were set aside. Returns False if there was none. Meanwhile its
    table can be read. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        return await _make_one(connection)


async def _make_one(connection: PoolConnectionProxy) -> bool:
    definition = await connection.fetchval(_TAKE_ONE)
    if definition is None:
        return False
    await connection.execute("SET LOCAL statement_timeout = 0")
    await connection.execute(definition, timeout=MAKE_S_MAX)
    return True
