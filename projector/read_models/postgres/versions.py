"""Keeps up to three versions of the read models in schemas of their own.

Everybody reads the live one. The next one is filled beside it, and takes its place in one
transaction. The one that was live until then is kept, so that it can come back.
"""

import re
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.errors import NotFound
from runtime.migration_files import digest, read_migrations
from runtime.postgres.migrations import MIGRATION_TIMEOUT_S, MIGRATIONS
from runtime.postgres.pools import READ_MODEL
from runtime.postgres.roles import role_of
from runtime.postgres.tables import acquire_connection, transaction

NEXT: Final = f"{READ_MODEL}_next"
KEPT: Final = f"{READ_MODEL}_kept"
WRITER: Final = "projector"
RETIRED: Final = "retired projector"
"""Names the position of a version that nobody may write."""
_LEAVING: Final = f"{READ_MODEL}_leaving"

_NAME: Final = re.compile(rf"\b{READ_MODEL}\b")
_SHAPE: Final = "SELECT obj_description(to_regnamespace($1), 'pg_namespace')"
_EXISTS: Final = "SELECT to_regnamespace($1) IS NOT NULL"
_READER_EXISTS: Final = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
# A body that is text keeps the name that it was made with.
_FUNCTIONS: Final = """
    SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = to_regnamespace($1) AND prosrc ~ $2
"""
_NAME_WRITER: Final = "UPDATE {schema}.reader_position SET reader = $2 WHERE reader = $1"
_HOLDS_TEXTS: Final = f"""
    SELECT EXISTS (
        SELECT FROM {READ_MODEL}.erasures live
        LEFT JOIN {KEPT}.erasures kept USING (person_id)
        WHERE live.erased_seq IS NOT NULL AND live.erased_seq IS DISTINCT FROM kept.gone_seq)
"""


def read_shape() -> str:
    """Return the digest of all migrations that make the read models."""
    return digest("".join(_statements()).encode())


async def make_next(pool: asyncpg.Pool) -> None:
    """Make the next version, with empty tables. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await _drop(connection, NEXT)
        for statements in _statements():
            await connection.execute(_NAME.sub(NEXT, statements), timeout=MIGRATION_TIMEOUT_S)


async def drop_next(pool: asyncpg.Pool) -> None:
    """Drop the next version, if there is one. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await _drop(connection, NEXT)


async def open_kept(pool: asyncpg.Pool) -> None:
    """Let the kept version be written again. Raises NotFound if none is kept that has the tables
    of this build, and TablesUnavailable."""
    async with transaction(pool) as connection:
        if await connection.fetchval(_SHAPE, KEPT) != read_shape():
            raise NotFound
        await connection.execute(_NAME_WRITER.format(schema=KEPT), RETIRED, WRITER)


async def switch_to(pool: asyncpg.Pool, schema: str) -> None:
    """Put the version in `schema` in the place of the live one, and keep that. Raises
    TablesUnavailable.

    A writer of the live version that comes too late finds its position gone, and is fenced off.
    """
    async with transaction(pool) as connection:
        await connection.execute(_NAME_WRITER.format(schema=READ_MODEL), WRITER, RETIRED)
        await _rename(connection, READ_MODEL, _LEAVING)
        await _rename(connection, schema, READ_MODEL)
        await _drop(connection, KEPT)
        await _rename(connection, _LEAVING, KEPT)
        await connection.execute(f"COMMENT ON SCHEMA {KEPT} IS '{read_shape()}'")
        await _let_read(connection)


async def drop_kept_with_texts(pool: asyncpg.Pool) -> bool:
    """Drop the kept version if it has texts of people who are erased in the live one. Returns
    whether it was dropped. Raises TablesUnavailable."""
    async with acquire_connection(pool) as connection:
        if not await connection.fetchval(_EXISTS, KEPT):
            return False
        if not await connection.fetchval(_HOLDS_TEXTS):
            return False
        await _drop(connection, KEPT)
    return True


def _statements() -> list[str]:
    """Return the content of each migration that makes the read models, in order."""
    found = [content.decode() for content in read_migrations(MIGRATIONS).values()]
    return [content for content in found if f"{READ_MODEL}." in content]


async def _rename(connection: PoolConnectionProxy, old: str, new: str) -> None:
    await connection.execute(f"ALTER SCHEMA {old} RENAME TO {new}")
    for row in await connection.fetch(_FUNCTIONS, new, rf"\m{old}\M"):
        await connection.execute(re.sub(rf"\b{old}\b", new, row[0]))


async def _drop(connection: PoolConnectionProxy, schema: str) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


async def _let_read(connection: PoolConnectionProxy) -> None:
    """Let the query service read the live version, as `migrations/roles.sql` does."""
    reader = role_of("query_api")
    if await connection.fetchval(_READER_EXISTS, reader):
        await connection.execute(
            f"GRANT USAGE ON SCHEMA {READ_MODEL} TO {reader};"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {READ_MODEL} TO {reader};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {READ_MODEL} GRANT SELECT ON TABLES TO {reader}"
        )
