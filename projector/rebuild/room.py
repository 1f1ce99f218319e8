"""Refuses a rebuild for which there is no room, before it begins.

It is an estimate. Rebuilt tables become as large as the live ones. PostgreSQL writes as much again
into its write-ahead log, of which it keeps a bounded part. Verify's scratch file becomes as large
as all tables without their indexes.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from contracts.errors import NoRoom
from projector.read_models.read_model import TableShape
from runtime.postgres.tables import acquire_connection

_SELECT_SIZES: Final = """
    SELECT coalesce(sum(pg_total_relation_size(oid)) FILTER (WHERE relname = ANY($1)), 0)::bigint,
           coalesce(sum(pg_table_size(oid)), 0)::bigint,
           pg_database_size(current_database()),
           pg_size_bytes(current_setting('max_wal_size'))
    FROM pg_class
    WHERE relnamespace = coalesce($2::text, current_schema())::regnamespace AND relkind = 'r'
"""


class PostgresRoom(NamedTuple):
    """Says how to find out PostgreSQL's room. Without either field it is not looked at."""

    directory: Path | None = None
    """A directory on its disk, if this machine has that disk."""
    bytes_max: int | None = None
    """How large its database may become."""


class Need(NamedTuple):
    """Bytes that are going to be written to the disk under a directory."""

    what: str
    directory: Path
    needed: int


async def require_room(
    live: asyncpg.Pool,
    tables: Collection[TableShape],
    room: PostgresRoom,
    scratch_directory: Path,
    *,
    schema: str | None = None,
    fills: bool = True,
) -> None:
    """Raise NoRoom if tables as large as these in `schema`, by default the live ones, cannot be
    filled beside them. If not `fills`, they are there already, and only compared. Raises
    TablesUnavailable, too."""
    async with acquire_connection(live) as connection:
        names = [table.name for table in tables]
        sizes = await connection.fetchrow(_SELECT_SIZES, names, schema)
    assert sizes is not None
    rebuilt, rows, database, log_max = sizes
    if not fills:
        rebuilt = 0
    if room.bytes_max is not None and database + rebuilt > room.bytes_max:
        free = max(0, room.bytes_max - database)
        raise NoRoom("postgres", needed_bytes=rebuilt, free_bytes=free)
    needs = [Need("verify", scratch_directory, rows)]
    if room.directory is not None:
        needs.append(Need("postgres", room.directory, rebuilt + min(rebuilt, log_max)))
    check_disks(needs)


def check_disks(needs: Sequence[Need]) -> None:
    """Raise NoRoom if a disk has less room than the needs on it take together. Leaves out
    directories that it may not look at."""
    needed: dict[int, int] = {}
    for need in needs:
        try:
            disk, free = _look_at(need.directory)
        except OSError:
            continue
        needed[disk] = needed.get(disk, 0) + need.needed
        if needed[disk] > free:
            raise NoRoom(need.what, needed_bytes=needed[disk], free_bytes=free)


def _look_at(directory: Path) -> tuple[int, int]:
    """Return the number of the disk under a directory, or under where it will be made, and how
    many bytes of it we may still use. Raises OSError."""
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    found = os.statvfs(directory)
    return directory.stat().st_dev, found.f_bavail * found.f_frsize
