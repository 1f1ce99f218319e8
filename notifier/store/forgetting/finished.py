"""Deletes finished notices and fan-outs whose end is long ago, some at a time.

Each method is one transaction. A row that waits is never touched, also if an operator revives
it between two of them.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg

from contracts.values.ids import PersonId
from notifier.store.forgetting.erasures import DELETE_NOTICES, DELETE_SOURCES
from notifier.store.turns import BY_INDEX
from runtime.postgres.tables import transaction

_AGE: Final = "greatest(happened_at, due_at, expires_at)"
_OLD: Final = f"state <> 'waiting' AND {_AGE} < $1"
SELECT_NOTICES: Final = f"""
    SELECT id, recipient, state IN ('sent', 'unconfirmed') OR unsettled AS may_have_arrived
    FROM notifier.notices WHERE {_OLD} ORDER BY {_AGE}, id LIMIT $2
"""
LOCK_NOTICES: Final = f"""
    SELECT id FROM notifier.notices WHERE {_OLD} AND id = ANY($2::bigint[])
    ORDER BY id FOR UPDATE SKIP LOCKED
"""
_FANOUT_AGE: Final = "greatest(happened_at, expires_at)"
DELETE_FANOUTS: Final = f"""
    DELETE FROM notifier.fanouts f
    USING (SELECT seq, event_index FROM notifier.fanouts
           WHERE state <> 'waiting' AND {_FANOUT_AGE} < $1
           ORDER BY {_FANOUT_AGE}, seq, event_index LIMIT $2 FOR UPDATE SKIP LOCKED) old
    WHERE f.seq = old.seq AND f.event_index = old.event_index
    RETURNING f.seq
"""
DELETED_KEPT: Final = timedelta(days=1)
"""Age up to which rows of `deleted_notices` are kept, by PostgreSQL's clock."""
DELETE_DELETED: Final = """
    DELETE FROM notifier.deleted_notices WHERE id IN (
        SELECT id FROM notifier.deleted_notices WHERE deleted_at < now() - $1::interval LIMIT $2)
    RETURNING id
"""


class OldNotice(NamedTuple):
    """A finished notice that is to be forgotten."""

    id: int
    recipient: PersonId
    may_have_arrived: bool
    """Whether Notification has it, as far as anybody knows."""


class ForgettingStore:
    """The old rows of the outbox. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def select_notices(self, before: datetime, limit: int) -> list[OldNotice]:
        """Return the oldest of the finished notices that ended before this time."""
        async with transaction(self._pool) as connection:
            await connection.execute(BY_INDEX)
            rows = await connection.fetch(SELECT_NOTICES, before, limit)
        return [OldNotice(*row) for row in rows]

    async def delete_notices(self, before: datetime, ids: Collection[int]) -> int:
        """Delete those of the notices that are still finished and that old, with their sources.
        Returns how many it were."""
        async with transaction(self._pool) as connection:
            locked = await connection.fetch(LOCK_NOTICES, before, list(ids))
            old = [row["id"] for row in locked]
            await connection.execute(DELETE_SOURCES, old)
            await connection.execute(DELETE_NOTICES, old)
        return len(old)

    async def forget_deleted(self, limit: int, kept: timedelta = DELETED_KEPT) -> int:
        """Delete rows of `deleted_notices` that are older than `kept`, `limit` at most. They say
        how notices to erased people ended. Returns how many it were."""
        async with transaction(self._pool) as connection:
            return len(await connection.fetch(DELETE_DELETED, kept, limit))

    async def delete_fanouts(self, before: datetime, limit: int) -> int:
        """Delete the oldest of the finished fan-outs that ended before this time. Returns how
        many it were."""
        async with transaction(self._pool) as connection:
            await connection.execute(BY_INDEX)
            return len(await connection.fetch(DELETE_FANOUTS, before, limit))
