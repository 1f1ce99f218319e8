"""Lists notices for people and operators."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.values.ids import PersonId
from runtime.postgres.tables import acquire_connection

_COLUMNS: Final = """
    n.id, n.key, n.recipient, n.kind, n.announcement_id, n.booking_id, n.receipt,
    n.happened_at, n.event_time, n.due_at, n.state, n.reason, n.attempts, n.sent_at,
    n.unapproved AS needs_approval,
    (SELECT json_agg(json_build_object('position', s.seq, 'event_index', s.event_index,
                                       'event_type', s.event_type)
                     ORDER BY s.seq, s.event_index)
     FROM notifier.sources s WHERE s.notice_id = n.id) AS sources,
    (SELECT cause FROM notifier.own_notice_causes c WHERE c.id = n.id) AS cause
"""
_WHERE: Final = """
      AND ($2::uuid IS NULL OR n.announcement_id = $2)
      AND ($3::text IS NULL OR n.state = $3)
      AND ($4::text IS NULL OR n.kind = $4)
      AND ($5::boolean IS NULL OR (n.unapproved AND n.state = 'waiting') = $5)
      AND ($6::bigint IS NULL OR n.id < $6)
    ORDER BY n.id DESC LIMIT $7
"""
SELECT_NOTICES: Final = f"""
    SELECT {_COLUMNS} FROM notifier.notices n WHERE $1::uuid IS NULL {_WHERE}
"""
# A statement of its own, so that the index on the recipient is used.
SELECT_NOTICES_OF: Final = f"""
    SELECT {_COLUMNS} FROM notifier.notices n WHERE n.recipient = $1 {_WHERE}
"""
SELECT_NOTICE: Final = f"SELECT {_COLUMNS} FROM notifier.notices n WHERE n.id = $1"
SELECT_NOTICES_BY_ID: Final = f"""
    SELECT {_COLUMNS} FROM notifier.notices n WHERE n.id = ANY($1::bigint[]) ORDER BY n.id
"""

StoredNotice = dict[str, Any]
"""One notice by column name; instants are aware, `sources` is a list, and `cause` is by name."""


class NoticeFilter(NamedTuple):
    """A choice of notices to list; None stands for all."""

    recipient: PersonId | None = None
    announcement_id: str | None = None
    state: str | None = None
    kind: str | None = None
    needs_approval: bool | None = None


class OperatorChange(NamedTuple):
    """The result of an operator's change of a notice or fan-out."""

    done: bool
    """False if it is too late for the change, or if there is no such row."""
    row: dict[str, Any] | None
    """As it is afterwards, by column name."""


class Notices:
    """The notices in the outbox. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def select(
        self, wanted: NoticeFilter, before: int | None, limit: int
    ) -> Sequence[StoredNotice]:
        """Return the newest first; with `before` only those with a smaller id."""
        select = SELECT_NOTICES if wanted.recipient is None else SELECT_NOTICES_OF
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(select, *wanted, before, limit)
        return [dict(row) for row in rows]

    async def find(self, notice_id: int) -> StoredNotice | None:
        """Return a notice; None if there is none with this id."""
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_NOTICE, notice_id)
        return None if row is None else dict(row)

    async def fetch(
        self, connection: PoolConnectionProxy, ids: Sequence[int]
    ) -> Sequence[StoredNotice]:
        """Return those of the notices that there are, as this transaction sees them."""
        rows = await connection.fetch(SELECT_NOTICES_BY_ID, ids)
        return [dict(row) for row in rows]
