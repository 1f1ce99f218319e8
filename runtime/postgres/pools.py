"""Opens pools of connections to PostgreSQL that use our types.

Through these pools a `uuid` is canonical text in both directions, `json` and `jsonb` are
plain values, and a `timestamptz` is an aware UTC datetime, as everywhere else in the project.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import asyncpg
import msgspec

CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0
IDLE_IN_TRANSACTION: Final = "5s"
"""For so long a process that is frozen within a transaction keeps its standby waiting for rows."""
READ_MODEL: Final = "read_model"
"""Schema of the first read models of a database. Statements name tables without it, so they can
use others."""

FindSchema = Callable[[], str | None]
"""Returns the schema in which a new connection finds the read models; None if it is to find
none."""


async def open_pool(
    dsn: str,
    *,
    size_min: int = 0,
    size_max: int = 8,
    command_timeout_s: float = COMMAND_TIMEOUT_S,
    server_settings: Mapping[str, str] | None = None,
    find_schema: FindSchema = lambda: READ_MODEL,
) -> asyncpg.Pool:
    """Return a pool. With `size_min` 0 nothing is connected yet, so the server may start later.

    A statement that is not answered within `command_timeout_s` raises TimeoutError. What is set
    for a session stays set: to reset a connection that comes back would cost as much as most of
    what is done with it. So set things for a transaction (`SET LOCAL`), or undo them.

    No statement reads all of a table that has an index for it. Statements stay prepared while
    tables grow, and a plan that was made for an empty table would stay until its statistics are
    renewed.

    PostgreSQL ends a session that asks nothing for IDLE_IN_TRANSACTION within a transaction. One
    that computes for longer between two statements says so (`ALLOW_COMPUTING`).
    """
    pool = asyncpg.create_pool(
        dsn,
        min_size=size_min,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        server_settings={
            "timezone": "UTC",
            "enable_seqscan": "off",
            "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION,
            **(server_settings or {}),
        },
        init=partial(_prepare, find_schema),
        reset=_leave_as_it_is,
    )
    await pool
    return pool


async def open_reading_pool(
    dsn: str, *, size_max: int, find_schema: FindSchema = lambda: READ_MODEL
) -> asyncpg.Pool:
    """Return a pool for a service that only reads.

    A statement gets one plan for all arguments, since to plan most of our reads takes longer
    than to run them. One that needs a plan of its own says so (`TableSnapshot.search_rows`), and
    may read all of a table.
    """
    return await open_pool(
        dsn,
        size_max=size_max,
        server_settings={"plan_cache_mode": "force_generic_plan", "enable_seqscan": "on"},
        find_schema=find_schema,
    )


async def _leave_as_it_is(_connection: object) -> None:
    """Nothing was set. asyncpg itself ends a transaction that is still open."""


async def _prepare(find_schema: FindSchema, connection: asyncpg.Connection) -> None:
    schema = find_schema()
    path = "public" if schema is None else f"{schema}, public"
    await connection.execute(f"SET search_path = {path}")
    await _set_our_codecs(connection)


async def _set_our_codecs(connection: asyncpg.Connection) -> None:
    await connection.set_builtin_type_codec(
        "uuid", schema="pg_catalog", codec_name="text", format="text"
    )
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_json_text, decoder=msgspec.json.decode
        )


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
