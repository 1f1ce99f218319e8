"""Keeps up to three versions of the read models of one shape in schemas of their own.

Everybody reads the live one, in the schema that `public.read_models` names. The next one is filled
beside it, and takes its place in one transaction. The one that was live until then is kept, so that
it can come back.

Instead of all tables, some can change places. The kept version then has what these tables were;
its other tables are empty.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

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
from runtime.postgres.migrations import MIGRATION_TIMEOUT_S
from runtime.postgres.pools import READ_MODEL
from runtime.postgres.read_models import NAME_CHARS, BuildShape, list_places
from runtime.postgres.roles import role_of
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

WRITER: Final = "projector"
RETIRED: Final = "retired projector"
"""Names the position of a version that nobody may write."""

_SELECT_LIVE: Final = "SELECT current_schema()"
_COMMENT: Final = "SELECT obj_description(to_regnamespace($1), 'pg_namespace')"
_EXISTS: Final = "SELECT to_regnamespace($1) IS NOT NULL"
_READER_EXISTS: Final = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
# A body that is text keeps the name that it was made with.
_FUNCTIONS: Final = """
    SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = to_regnamespace($1) AND prosrc ~ $2
"""
_NAME_WRITER: Final = "UPDATE {schema}.reader_position SET reader = $2 WHERE reader = $1"
_HOLDS_TEXTS: Final = """
    SELECT EXISTS (
        SELECT FROM {live}.erasures live
        LEFT JOIN {kept}.erasures kept USING (person_id)
        WHERE live.erased_seq IS NOT NULL AND live.erased_seq IS DISTINCT FROM kept.gone_seq)
"""
_INDEXES_ASIDE: Final = "SELECT EXISTS (SELECT FROM {live}.indexes_aside)"
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
_LETTERS_DIFFER: Final = """
    SELECT EXISTS (
        SELECT FROM {live}.dead_letters live
        FULL JOIN {schema}.dead_letters other USING (seq, event_index)
        WHERE live.seq IS NULL OR other.seq IS NULL)
"""
_COPY: Final = """
    TRUNCATE {schema}.{table};
    INSERT INTO {schema}.{table} SELECT * FROM {live}.{table}
"""
# The new tables have been through the whole journal, so old versions of their rows have the texts.
_CLEAN_AGAIN: Final = "UPDATE {live}.erasures SET gone_seq = NULL WHERE gone_seq IS NOT NULL"


class NotYet(TablesUnavailable):
    """Somebody else holds a table now, or the two versions are not at the same position."""


class Versions(NamedTuple):
    """The schemas of the versions of one shape."""

    live: str

    @property
    def next(self) -> str:
        return f"{self.live}_next"

    @property
    def kept(self) -> str:
        return f"{self.live}_kept"

    @property
    def leaving(self) -> str:
        """Name of the one that was live, while it is switched."""
        return f"{self.live}_leaving"

    @property
    def all(self) -> Sequence[str]:
        return (self.live, self.next, self.kept)


NEXT, KEPT = Versions(READ_MODEL).next, Versions(READ_MODEL).kept
"""Those beside the first read models of a database."""


def lock_of_writer(schema: str) -> str:
    """Return the name of the lock of whoever writes the live version in this schema."""
    return WRITER if schema == READ_MODEL else f"{WRITER} {schema}"


async def read_versions(pool: asyncpg.Pool) -> Versions:
    """Return the schemas of the shape that `pool` uses. Raises TablesUnavailable."""
    async with acquire_connection(pool) as connection:
        return await find_versions(connection)


async def make_tables(connection: PoolConnectionProxy, shape: BuildShape, schema: str) -> None:
    """Make this schema, with empty tables, in place of one that is there."""
    await drop_schema(connection, schema)
    await connection.execute(f"SET LOCAL search_path = {schema}, public")
    for statements in shape.statements_for(schema):
        await connection.execute(statements, timeout=MIGRATION_TIMEOUT_S)


async def drop_schema(connection: PoolConnectionProxy, schema: str) -> None:
    """Drop a schema if there is one."""
    await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


async def let_read(connection: PoolConnectionProxy, schema: str) -> None:
    """Let the query service read this schema, as `migrations/roles.sql` does."""
    reader = role_of("query_api")
    if await connection.fetchval(_READER_EXISTS, reader):
        await connection.execute(
            f"GRANT USAGE ON SCHEMA {schema} TO {reader};"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {reader}"
        )


async def make_next(pool: asyncpg.Pool, shape: BuildShape) -> None:
    """Make the next version, with empty tables. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await make_tables(connection, shape, (await find_versions(connection)).next)


async def make_next_like_live(pool: asyncpg.Pool) -> None:
    """Make the next version with the tables that the live one has, empty, of which some are to
    change places with those. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        own = await find_versions(connection)
        await drop_schema(connection, own.next)
        if await connection.fetchval(_INDEXES_ASIDE.format(live=own.live)):
            raise TablesUnavailable("the live tables are still being filled", "overloaded")
        await clone_tables(connection, own.live, own.next)


async def drop_next(pool: asyncpg.Pool) -> None:
    """Drop the next version, if there is one. Raises TablesUnavailable."""
    async with transaction(pool) as connection:
        await drop_schema(connection, (await find_versions(connection)).next)


async def open_kept(pool: asyncpg.Pool) -> Sequence[TableShape]:
    """Let the kept version be written again. Returns the tables that it has. Raises NotFound if
    none is kept that has the shape of the live one, and TablesUnavailable."""
    async with transaction(pool) as connection:
        own = await find_versions(connection)
        shape, *names = (await connection.fetchval(_COMMENT, own.kept) or "none").split()
        if shape[:NAME_CHARS] != await _find_shape(connection, own):
            raise NotFound
        await connection.execute(_NAME_WRITER.format(schema=own.kept), RETIRED, WRITER)
    return [BY_NAME[name] for name in names] or TABLES


async def switch_to(pool: asyncpg.Pool, schema: str) -> None:
    """Put the version in `schema` in the place of the live one, and keep that. Raises
    TablesUnavailable.

    A writer of the live version that comes too late finds its position gone, and is fenced off.
    """
    async with transaction(pool) as connection:
        own = await find_versions(connection)
        await connection.execute(_NAME_WRITER.format(schema=own.live), WRITER, RETIRED)
        await _rename(connection, own.live, own.leaving)
        await _rename(connection, schema, own.live)
        await drop_schema(connection, own.kept)
        await _rename(connection, own.leaving, own.kept)
        await _describe_kept(connection, own)
        await let_read(connection, own.live)


async def switch_tables(pool: asyncpg.Pool, schema: str, tables: Collection[TableShape]) -> None:
    """Let these tables of the live version and of the one in `schema` change places, and keep
    that one. Raises NotYet, and TablesUnavailable.

    Reads wait for less than a second, also if it cannot be done now. Writers of both versions are
    to pause; the live one's position stays.
    """
    names = [table.name for table in tables]
    async with transaction(pool) as connection:
        own = await find_versions(connection)
        await _lock_positions(connection, own.live, schema)
        if SCORES in tables and ANNOUNCEMENTS not in tables:
            # Before reads have to wait: it goes through all announcements.
            rebuilt = SCORES._replace(name=f"{schema}.{SCORES.name}")
            await rank_all_announcements(connection, rebuilt)
        await _lock_tables(connection, own.live, names)
        if await connection.fetchval(_LETTERS_DIFFER.format(live=own.live, schema=schema)):
            raise TablesUnavailable(
                "other events are parked than in the live tables: rebuild all of them", "overloaded"
            )
        await exchange_tables(connection, own.live, schema, names)
        await _copy_what_stays(connection, own.live, schema, tables)
        await connection.execute(_NAME_WRITER.format(schema=schema), WRITER, RETIRED)
        if schema != own.kept:
            await drop_schema(connection, own.kept)
            await _rename(connection, schema, own.kept)
        await _describe_kept(connection, own, names)
        await let_read(connection, own.live)


async def drop_kept_with_texts(pool: asyncpg.Pool) -> bool:
    """Drop the kept version if it has texts of people who are erased in the live one. Returns
    whether it was dropped. Raises TablesUnavailable."""
    async with acquire_connection(pool) as connection:
        own = await find_versions(connection)
        if not await connection.fetchval(_EXISTS, own.kept):
            return False
        if not await connection.fetchval(_HOLDS_TEXTS.format(live=own.live, kept=own.kept)):
            return False
        await drop_schema(connection, own.kept)
    return True


async def find_versions(connection: PoolConnectionProxy) -> Versions:
    """Return the schemas of the shape that this connection uses. Raises TablesUnavailable if it
    finds none."""
    live = await connection.fetchval(_SELECT_LIVE)
    if live is None or not live.startswith(READ_MODEL):
        raise TablesUnavailable("there are no read models of this shape", "not_migrated")
    return Versions(live)


async def _find_shape(connection: PoolConnectionProxy, own: Versions) -> str | None:
    places = await list_places(connection)
    return next((place.shape for place in places if place.schema == own.live), None)


async def _lock_positions(connection: PoolConnectionProxy, live: str, schema: str) -> None:
    """Keep the writers of the live version and of the one in `schema` at their position. Raises
    NotYet if it is not the same."""
    here, there = [
        await connection.fetchval(_LOCK_POSITION.format(schema=one), WRITER)
        for one in (live, schema)
    ]
    if here != there:
        raise NotYet(f"the live tables are at position {here}, the others at {there}", "overloaded")


async def _lock_tables(connection: PoolConnectionProxy, live: str, names: Sequence[str]) -> None:
    """Keep everybody away from these tables of the live version. Raises NotYet if somebody is there
    for longer than a moment."""
    tables = ", ".join(f"{live}.{name}" for name in names)
    try:
        await connection.execute(_LOCK_OUT_VACUUM.format(tables=tables))
        await connection.execute(_LOCK_OUT_READS.format(tables=tables))
    except asyncpg.LockNotAvailableError as error:
        raise NotYet("the live tables are in use", "overloaded") from error


async def _copy_what_stays(
    connection: PoolConnectionProxy, live: str, schema: str, tables: Collection[TableShape]
) -> None:
    """Copy what the kept tables need of those that stay: parked events, and who is erased."""
    copied = ["dead_letters"] if ERASURES in tables else ["dead_letters", ERASURES.name]
    for table in copied:
        await connection.execute(_COPY.format(schema=schema, live=live, table=table))
    if any(table.owners for table in tables):
        await connection.execute(_CLEAN_AGAIN.format(live=live))


async def _describe_kept(
    connection: PoolConnectionProxy, own: Versions, names: Sequence[str] = ()
) -> None:
    """Note the shape of the kept version, and which tables it has if not all."""
    comment = " ".join([str(await _find_shape(connection, own)), *names])
    await connection.execute(f"COMMENT ON SCHEMA {own.kept} IS '{comment}'")


async def _rename(connection: PoolConnectionProxy, old: str, new: str) -> None:
    await connection.execute(f"ALTER SCHEMA {old} RENAME TO {new}")
    for row in await connection.fetch(_FUNCTIONS, new, rf"\m{old}\M"):
        await connection.execute(re.sub(rf"\b{old}\b", new, row[0]))
