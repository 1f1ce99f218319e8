"""Brings the tables of PostgreSQL to the shape of this version."""

import logging
from pathlib import Path
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.migration_files import ROOT, digest, find_missing, read_migrations
from runtime.postgres.indexes import make_indexes_for_migration

log = logging.getLogger(__name__)

MIGRATIONS: Final = ROOT / "postgres"
MIGRATION_TIMEOUT_S: Final = 3600.0

_LOCK_KEY: Final = int.from_bytes(b"practix", "big")
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

    Each file is applied in a transaction of its own; concurrent callers wait for each other.
    Returns the names of the files that were applied now. Raises MigrationEdited before
    anything is applied. If nothing is missing, a role without the right to change tables can
    call this. Otherwise such a role gets asyncpg.InsufficientPrivilegeError, and the
    database's owner has to migrate.
    """
    async with pool.acquire() as connection:
        if not await _find_missing(connection, directory):
            return []
        await connection.execute(
            f"SELECT pg_advisory_lock({_LOCK_KEY})", timeout=MIGRATION_TIMEOUT_S
        )
        try:
            return await _apply_missing(connection, directory)
        finally:
            await connection.execute(f"SELECT pg_advisory_unlock({_LOCK_KEY})")


async def missing_migrations(pool: asyncpg.Pool, directory: Path = MIGRATIONS) -> list[str]:
    """Return the names of the files of `directory` that were not applied yet. Changes nothing."""
    async with pool.acquire() as connection:
        return await _find_missing(connection, directory)


async def _apply_missing(connection: PoolConnectionProxy, directory: Path) -> list[str]:
    await connection.execute(_CREATE_TABLE)
    files = read_migrations(directory)
    missing = find_missing(files, await _load_applied(connection))
    if missing:
        await make_indexes_for_migration(connection)
    for name in missing:
        async with connection.transaction():
            await connection.execute(files[name].decode(), timeout=MIGRATION_TIMEOUT_S)
            await connection.execute(_INSERT, name, digest(files[name]))
        log.info("migration applied", extra={"migration": name})
    return missing


async def _find_missing(connection: PoolConnectionProxy, directory: Path) -> list[str]:
    return find_missing(read_migrations(directory), await _load_applied(connection))


async def _load_applied(connection: PoolConnectionProxy) -> dict[str, str]:
    """Return the digest of each file that was applied to this database, by name."""
    if not await connection.fetchval(_TABLE_EXISTS):
        return {}
    return {row["name"]: row["sha256"] for row in await connection.fetch(_SELECT_APPLIED)}
