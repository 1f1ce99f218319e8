"""PostgreSQL: pools that speak our types, and the migrations.

Through these pools a `uuid` is canonical text in both directions, `json` and `jsonb` are
plain values, and a `timestamptz` is an aware UTC datetime, as everywhere else here.
"""

import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations" / "postgres"
CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0
MIGRATION_TIMEOUT_S: Final = 3600.0

_LOCK_KEY: Final = int.from_bytes(b"practix", "big")
_CREATE_RECORD: Final = """
    CREATE TABLE IF NOT EXISTS public.schema_migrations (
        name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz DEFAULT now()
    )
"""
_HAS_RECORD: Final = "SELECT to_regclass('public.schema_migrations') IS NOT NULL"
_SELECT_APPLIED: Final = "SELECT name, sha256 FROM public.schema_migrations"
_RECORD: Final = "INSERT INTO public.schema_migrations (name, sha256) VALUES ($1, $2)"


class MigrationEdited(Exception):
    """A file that was applied has another content now: write a new one instead."""


async def open_pool(
    dsn: str,
    *,
    size_min: int = 0,
    size_max: int = 8,
    command_timeout_s: float = COMMAND_TIMEOUT_S,
    server_settings: Mapping[str, str] | None = None,
) -> asyncpg.Pool:
    """A pool. With `size_min` 0 nothing is connected yet, so the server may come up later.

    A statement that is not answered within `command_timeout_s` raises TimeoutError.
    """
    pool = asyncpg.create_pool(
        dsn,
        min_size=size_min,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        server_settings={"timezone": "UTC", **(server_settings or {})},
        init=_speak_our_types,
    )
    await pool
    return pool


async def migrate(pool: asyncpg.Pool, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the files of `directory` that were not yet, in the order of their names.

    Each in a transaction of its own; concurrent callers wait for each other. Returns the
    names applied now. Raises MigrationEdited, before anything is applied. A role that may
    not change tables can call this while nothing is missing; otherwise it gets
    asyncpg.InsufficientPrivilegeError, and the database's owner has to migrate.
    """
    async with pool.acquire() as connection:
        if not _missing(_read(directory), await _applied(connection)):
            return []
        await connection.execute(
            f"SELECT pg_advisory_lock({_LOCK_KEY})", timeout=MIGRATION_TIMEOUT_S
        )
        try:
            return await _apply_missing(connection, directory)
        finally:
            await connection.execute(f"SELECT pg_advisory_unlock({_LOCK_KEY})")


async def missing_migrations(pool: asyncpg.Pool, directory: Path = MIGRATIONS) -> list[str]:
    """Names of the files of `directory` that were not applied yet. Changes nothing."""
    async with pool.acquire() as connection:
        return _missing(_read(directory), await _applied(connection))


async def _apply_missing(
    connection: "asyncpg.pool.PoolConnectionProxy", directory: Path
) -> list[str]:
    await connection.execute(_CREATE_RECORD)
    files = _read(directory)
    missing = _missing(files, await _applied(connection))
    for name in missing:
        async with connection.transaction():
            await connection.execute(files[name].decode(), timeout=MIGRATION_TIMEOUT_S)
            await connection.execute(_RECORD, name, _digest(files[name]))
        log.info("migration applied", extra={"migration": name})
    return missing


async def _applied(connection: "asyncpg.pool.PoolConnectionProxy") -> dict[str, str]:
    """Name to digest of the migrations that this database has had."""
    if not await connection.fetchval(_HAS_RECORD):
        return {}
    return {row["name"]: row["sha256"] for row in await connection.fetch(_SELECT_APPLIED)}


def _missing(files: Mapping[str, bytes], applied: Mapping[str, str]) -> list[str]:
    """Raises MigrationEdited."""
    for name in applied.keys() & files.keys():
        if applied[name] != _digest(files[name]):
            raise MigrationEdited(name)
    return [name for name in files if name not in applied]


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _read(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(directory.glob("*.sql"))}


async def _speak_our_types(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=str, decoder=str, format="text"
    )
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_json_text, decoder=msgspec.json.decode
        )


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
