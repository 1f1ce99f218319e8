"""Opens pools of connections to PostgreSQL that use our types.

Through these pools a `uuid` is canonical text in both directions, `json` and `jsonb` are
plain values, and a `timestamptz` is an aware UTC datetime, as everywhere else in the project.
"""

from collections.abc import Mapping
from typing import Final

import asyncpg
import msgspec

CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0


async def open_pool(
    dsn: str,
    *,
    size_min: int = 0,
    size_max: int = 8,
    command_timeout_s: float = COMMAND_TIMEOUT_S,
    server_settings: Mapping[str, str] | None = None,
) -> asyncpg.Pool:
    """Return a pool. With `size_min` 0 nothing is connected yet, so the server may start later.

    A statement that is not answered within `command_timeout_s` raises TimeoutError.
    """
    pool = asyncpg.create_pool(
        dsn,
        min_size=size_min,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        server_settings={"timezone": "UTC", **(server_settings or {})},
        init=_set_our_codecs,
    )
    await pool
    return pool


async def _set_our_codecs(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=str, decoder=str, format="text"
    )
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_json_text, decoder=msgspec.json.decode
        )


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
