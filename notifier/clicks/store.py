"""Keeps the clicks that Url_shortner has told, and how far it was asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from contracts.values.ids import AnnouncementId
from runtime.postgres.arrays import to_arrays
from runtime.postgres.tables import acquire_connection, transaction

_SELECT_AFTER: Final = "SELECT after FROM notifier.clicks_position"
# Locks the row before anything else: of two collectors one waits, and then finds nothing.
_MOVE: Final = """
    UPDATE notifier.clicks_position SET after = $2 WHERE after = $1 RETURNING after
"""
_INSERT: Final = """
    INSERT INTO notifier.clicks (id, announcement_id, clicked_at)
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_DELETE_OLD: Final = """
    DELETE FROM notifier.clicks WHERE id = ANY(ARRAY(
        SELECT id FROM notifier.clicks WHERE clicked_at < $1 ORDER BY clicked_at LIMIT $2))
"""


class StoredClick(NamedTuple):
    """A click on the link of an announcement."""

    id: int
    announcement_id: AnnouncementId
    clicked_at: datetime


class ClickStore:
    """The clicks in PostgreSQL. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def load_after(self) -> int:
        """Return the id of the last click that was asked for."""
        async with acquire_connection(self._pool) as connection:
            return int(await connection.fetchval(_SELECT_AFTER))

    async def save(self, after: int, last: int, clicks: Sequence[StoredClick]) -> None:
        """Store what was asked for between the ids `after` and `last`. Does nothing if somebody
        else has done that."""
        async with transaction(self._pool) as connection:
            if await connection.fetchval(_MOVE, after, last) is not None and clicks:
                await connection.execute(_INSERT, *to_arrays(clicks))

    async def delete_before(self, instant: datetime, limit: int) -> int:
        """Delete the oldest clicks from before then. Returns how many it were."""
        async with acquire_connection(self._pool) as connection:
            done = await connection.execute(_DELETE_OLD, instant, limit)
        return int(done.rpartition(" ")[2])
