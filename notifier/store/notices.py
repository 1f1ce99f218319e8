"""Lists notices for people and operators, and makes an operator's changes to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from contracts.values.ids import PersonId
from runtime.postgres.tables import acquire_connection, transaction

_COLUMNS: Final = """
    n.id, n.key, n.recipient, n.kind, n.announcement_id, n.booking_id, n.receipt,
    n.happened_at, n.event_time, n.due_at, n.state, n.reason, n.attempts, n.sent_at,
    (SELECT json_agg(json_build_object('position', s.seq, 'event_index', s.event_index,
                                       'event_type', s.event_type)
                     ORDER BY s.seq, s.event_index)
     FROM notifier.sources s WHERE s.notice_id = n.id) AS sources
"""
_WHERE: Final = """
      AND ($2::uuid IS NULL OR n.announcement_id = $2)
      AND ($3::text IS NULL OR n.state = $3)
      AND ($4::text IS NULL OR n.kind = $4)
      AND ($5::bigint IS NULL OR n.id < $5)
    ORDER BY n.id DESC LIMIT $6
"""
SELECT_NOTICES: Final = f"""
    SELECT {_COLUMNS} FROM notifier.notices n WHERE $1::uuid IS NULL {_WHERE}
"""
# A statement of its own, so that the index on the recipient is used.
SELECT_NOTICES_OF: Final = f"""
    SELECT {_COLUMNS} FROM notifier.notices n WHERE n.recipient = $1 {_WHERE}
"""
SELECT_NOTICE: Final = f"SELECT {_COLUMNS} FROM notifier.notices n WHERE n.id = $1"

# Only if the notice was not sent. One that was missed or parked gets a new chance, and an hour
# for it.
RESCHEDULE: Final = """
    UPDATE notifier.notices SET state = 'waiting', reason = NULL, attempts = 0, due_at = $2,
        try_at = $2, turn = NULL,
        expires_at = greatest(expires_at, $2::timestamptz + interval '1 hour')
    WHERE id = $1 AND state <> 'sent' RETURNING id
"""
CANCEL: Final = """
    UPDATE notifier.notices SET reason = 'by_operator',
        state = CASE WHEN unsettled OR holder IS NOT NULL THEN 'unconfirmed' ELSE 'cancelled' END
    WHERE id = $1 AND state IN ('waiting', 'parked') RETURNING id
"""
StoredNotice = dict[str, Any]
"""One notice by column name; instants are aware, `sources` is a list."""


class NoticeFilter(NamedTuple):
    """A choice of notices to list; None stands for all."""

    recipient: PersonId | None = None
    announcement_id: str | None = None
    state: str | None = None
    kind: str | None = None


class OperatorChange(NamedTuple):
    """The result of an operator's change of a notice or fan-out."""

    done: bool
    """False if it is too late for the change, or if there is no such row."""
    row: dict[str, Any] | None
    """As it is afterwards, by column name."""


class Notices:
    """The notices in the outbox. With `dry_run` a method answers as if it had made the change,
    and changes nothing. Methods raise TablesUnavailable."""

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

    async def reschedule(
        self, notice_id: int, due_at: datetime, *, dry_run: bool
    ) -> OperatorChange:
        """Make the notice due at this time, whatever its state, unless it was sent."""
        return await self._change(RESCHEDULE, notice_id, due_at, dry_run=dry_run)

    async def cancel(self, notice_id: int, *, dry_run: bool) -> OperatorChange:
        """Give up a notice that waits or is parked. Its state becomes `unconfirmed` if an attempt
        may have arrived or still may, and `cancelled` otherwise."""
        return await self._change(CANCEL, notice_id, dry_run=dry_run)

    async def _change(
        self, sql: str, notice_id: int, *arguments: Any, dry_run: bool
    ) -> OperatorChange:
        async with transaction(self._pool, dry_run=dry_run) as connection:
            done = await connection.fetchval(sql, notice_id, *arguments) is not None
            row = await connection.fetchrow(SELECT_NOTICE, notice_id)
        return OperatorChange(done, None if row is None else dict(row))
