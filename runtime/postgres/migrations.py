"""Brings the tables of PostgreSQL to the shape of this version.

Those of the read models are made only in an empty database. A build that needs them in another
shape makes them anew beside the ones that are there (`runtime.postgres.read_models`).
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.migration_files import ROOT, digest, find_missing, read_migrations
from runtime.postgres.pools import READ_MODEL
from runtime.postgres.read_models import (
    BuildShape,
    begin_registry,
    is_begun,
    makes_read_models,
    may_migrate,
    note_ready,
    read_shape,
)

log = logging.getLogger(__name__)

MIGRATIONS: Final = ROOT / "postgres"
MIGRATION_TIMEOUT_S: Final = 3600.0

LOCK_KEY: Final = int.from_bytes(b"practix", "big")
"""Names the advisory lock of whoever makes or drops tables."""
LOCK_OUT_MIGRATIONS: Final = f"SELECT pg_advisory_xact_lock({LOCK_KEY})"
"""Makes a transaction the only one that makes or drops tables."""
_CREATE_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS public.schema_migrations (
        name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz DEFAULT now()
    )
"""
_TABLE_EXISTS: Final = "SELECT to_regclass('public.schema_migrations') IS NOT NULL"
_SELECT_APPLIED: Final = "SELECT name, sha256 FROM public.schema_migrations"
_INSERT: Final = "INSERT INTO public.schema_migrations (name, sha256) VALUES ($1, $2)"


async def migrate(pool: asyncpg.Pool, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the files of `directory` that were not applied yet, in the order of their names.

    Files that make the read models are left out if the tables in `read_model` are of another
    shape. Each file is applied in a transaction of its own; concurrent callers wait for each
    other. Returns the names of the files that were applied now. Raises MigrationEdited before
    anything is applied. If nothing is missing, a role without the right to change tables can
    call this. Otherwise such a role gets asyncpg.InsufficientPrivilegeError, and the
    database's owner has to migrate.
    """
    files, shape = read_migrations(directory), read_shape(directory)
    async with pool.acquire() as connection:
        if not await _find_missing(connection, files, shape) and await is_begun(connection, shape):
            return []
        await connection.execute(
            f"SELECT pg_advisory_lock({LOCK_KEY})", timeout=MIGRATION_TIMEOUT_S
        )
        try:
            return await _apply_missing(connection, files, shape)
        finally:
            await connection.execute(f"SELECT pg_advisory_unlock({LOCK_KEY})")


async def missing_migrations(pool: asyncpg.Pool, directory: Path = MIGRATIONS) -> list[str]:
    """Return the names of the files that `migrate` would apply. Changes nothing."""
    async with pool.acquire() as connection:
        return await _find_missing(connection, read_migrations(directory), read_shape(directory))


async def _apply_missing(
    connection: PoolConnectionProxy, files: Mapping[str, bytes], shape: BuildShape
) -> list[str]:
    await connection.execute(_CREATE_TABLE)
    applied = await _load_applied(connection)
    find_missing(files, applied)  # Raises MigrationEdited.
    await begin_registry(connection, shape, files, applied)
    missing = await _find_missing(connection, files, shape)
    completes = [name for name in missing if makes_read_models(files[name])][-1:]
    for name in missing:
        async with connection.transaction():
            await connection.execute(files[name].decode(), timeout=MIGRATION_TIMEOUT_S)
            await connection.execute(_INSERT, name, digest(files[name]))
            if name in completes:
                await note_ready(connection, shape.name, READ_MODEL)
        log.info("migration applied", extra={"migration": name})
    return missing


async def _find_missing(
    connection: PoolConnectionProxy, files: Mapping[str, bytes], shape: BuildShape
) -> list[str]:
    missing = find_missing(files, await _load_applied(connection))
    if await may_migrate(connection, shape):
        return missing
    return [name for name in missing if not makes_read_models(files[name])]


async def _load_applied(connection: PoolConnectionProxy) -> dict[str, str]:
    """Return the digest of each file that was applied to this database, by name."""
    if not await connection.fetchval(_TABLE_EXISTS):
        return {}
    return {row["name"]: row["sha256"] for row in await connection.fetch(_SELECT_APPLIED)}
