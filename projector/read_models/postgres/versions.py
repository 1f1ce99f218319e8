"""Keeps up to three versions of the read models in schemas of their own.

Everybody reads the live one. The next one is filled beside it, and takes its place in one
transaction. The one that was live until then is kept, so that it can come back.

Instead of all tables, some can change places. The kept version then has what these tables were;
its other tables are empty.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.errors import NotFound
from projector.read_models.groups import BY_NAME
from projector.read_models.postgres.author_rank import rank_all_announcements
from projector.read_models.postgres.cloning import clone_tables, exchange_tables
from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.erasures import ERASURES
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import TableShape
from runtime.migration_files import digest, read_migrations
from runtime.postgres.migrations import MIGRATION_TIMEOUT_S, MIGRATIONS
from runtime.postgres.pools import READ_MODEL
from runtime.postgres.roles import role_of
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

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
_INDEXES_ASIDE: Final = f"SELECT EXISTS (SELECT FROM {READ_MODEL}.indexes_aside)"
# No read or write waits behind this. It is longer than PostgreSQL's deadlock_timeout (1 s), after
# which autovacuum gives way to whoever waits for it.
_LOCK_OUT_VACUUM: Final = """
    SET LOCAL lock_timeout = '4s';
    LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE
"""
# Every read waits behind this. It is shorter than deadlock_timeout: if a read waits for us and we
# for it, we give up.
_LOCK_OUT_READS: Final = """
    SET LOCAL lock_timeout = '300ms';
    LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE
"""
_LOCK_POSITION: Final = "SELECT seq FROM {schema}.reader_position WHERE reader = $1 FOR UPDATE"
_LETTERS_DIFFER: Final = f"""
    SELECT EXISTS (
        SELECT FROM {READ_MODEL}.dead_letters live
        FULL JOIN {{schema}}.dead_letters other USING (seq, event_index)
        WHERE live.seq IS NULL OR other.seq IS NULL)
"""
_COPY: Final = """
    TRUNCATE {schema}.{table};
    INSERT INTO {schema}.{table} SELECT * FROM {live}.{table}
"""
# The new tables have been through the whole journal, so old versions of their rows have the texts.
_CLEAN_AGAIN: Final = f"UPDATE {READ_MODEL}.erasures SET gone_seq = NULL WHERE gone_seq IS NOT NULL"


class NotYet(TablesUnavailable):
    """Somebody else holds a table now, or the two versions are not at the same position."""


def read_shape() -> str:
    """Return the digest of all migrations that make the read models."""
    return digest("".join(_statements()).encode())


async def make_next(pool: asyncpg.Pool) -> None:
    """Make the next version, with empty tables. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await _drop(connection, NEXT)
        for statements in _statements():
            await connection.execute(_NAME.sub(NEXT, statements), timeout=MIGRATION_TIMEOUT_S)


async def make_next_like_live(pool: asyncpg.Pool) -> None:
    """Make the next version with the tables that the live one has, empty, of which some are to
    change places with those. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await _drop(connection, NEXT)
        if await connection.fetchval(_INDEXES_ASIDE):
            raise TablesUnavailable("the live tables are still being filled", "overloaded")
        await clone_tables(connection, READ_MODEL, NEXT)


async def drop_next(pool: asyncpg.Pool) -> None:
    """Drop the next version, if there is one. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await _drop(connection, NEXT)


async def open_kept(pool: asyncpg.Pool) -> Sequence[TableShape]:
    """Let the kept version be written again. Returns the tables that it has. Raises NotFound if
    none is kept that was made by this build, and TablesUnavailable."""
    async with transaction(pool) as connection:
        shape, *names = (await connection.fetchval(_SHAPE, KEPT) or "none").split()
        if shape != read_shape():
            raise NotFound
        await connection.execute(_NAME_WRITER.format(schema=KEPT), RETIRED, WRITER)
    return [BY_NAME[name] for name in names] or TABLES


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
        await _describe_kept(connection)
        await _let_read(connection)


async def switch_tables(pool: asyncpg.Pool, schema: str, tables: Collection[TableShape]) -> None:
    """Let these tables of the live version and of the one in `schema` change places, and keep
    that one. Raises NotYet, and TablesUnavailable.

    Reads wait for less than a second, also if it cannot be done now. Writers of both versions are
    to pause; the live one's position stays.
    """
    names = [table.name for table in tables]
    async with transaction(pool) as connection:
        await _lock_positions(connection, schema)
        if SCORES in tables and ANNOUNCEMENTS not in tables:
            # Before reads have to wait: it goes through all announcements.
            rebuilt = SCORES._replace(name=f"{schema}.{SCORES.name}")
            await rank_all_announcements(connection, rebuilt)
        await _lock_tables(connection, names)
        if await connection.fetchval(_LETTERS_DIFFER.format(schema=schema)):
            raise TablesUnavailable(
                "other events are parked than in the live tables: rebuild all of them", "overloaded"
            )
        await exchange_tables(connection, READ_MODEL, schema, names)
        await _copy_what_stays(connection, schema, tables)
        await connection.execute(_NAME_WRITER.format(schema=schema), WRITER, RETIRED)
        if schema != KEPT:
            await _drop(connection, KEPT)
            await _rename(connection, schema, KEPT)
        await _describe_kept(connection, names)
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


async def _lock_positions(connection: PoolConnectionProxy, schema: str) -> None:
    """Keep the writers of the live version and of the one in `schema` at their position. Raises
    NotYet if it is not the same."""
    live, other = [
        await connection.fetchval(_LOCK_POSITION.format(schema=one), WRITER)
        for one in (READ_MODEL, schema)
    ]
    if live != other:
        raise NotYet(f"the live tables are at position {live}, the others at {other}", "overloaded")


async def _lock_tables(connection: PoolConnectionProxy, names: Sequence[str]) -> None:
    """Keep everybody away from these tables of the live version. Raises NotYet if somebody is there
    for longer than a moment."""
    tables = ", ".join(f"{READ_MODEL}.{name}" for name in names)
    try:
        await connection.execute(_LOCK_OUT_VACUUM.format(tables=tables))
        await connection.execute(_LOCK_OUT_READS.format(tables=tables))
    except asyncpg.LockNotAvailableError as error:
        raise NotYet("the live tables are in use", "overloaded") from error


async def _copy_what_stays(
    connection: PoolConnectionProxy, schema: str, tables: Collection[TableShape]
) -> None:
    """Copy what the kept tables need of those that stay: parked events, and who is erased."""
    copied = ["dead_letters"] if ERASURES in tables else ["dead_letters", ERASURES.name]
    for table in copied:
        await connection.execute(_COPY.format(schema=schema, live=READ_MODEL, table=table))
    if any(table.owners for table in tables):
        await connection.execute(_CLEAN_AGAIN)


async def _describe_kept(connection: PoolConnectionProxy, names: Sequence[str] = ()) -> None:
    """Note by what migrations the kept version was made, and which tables it has if not all."""
    comment = " ".join([read_shape(), *names])
    await connection.execute(f"COMMENT ON SCHEMA {KEPT} IS '{comment}'")


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
