"""Makes operators' changes to notices, each recorded in its transaction, and lists the records."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.errors import KeyReused
from contracts.notices import Kind
from notifier.planning.notice_plan import PlannedNotice
from notifier.store.notices import NoticeFilter, Notices, StoredNotice
from notifier.store.operators.acts import BY_OPERATOR, Act, Signature, record_notice_acts
from notifier.store.outbox import insert_notices
from runtime.postgres.tables import acquire_connection, transaction

CHANGED_AT_ONCE: Final = 1_000
"""How many notices one request may change."""

# What stands in a record, before and after.
SELECT_FACTS: Final = """
    SELECT id, json_build_object('state', state, 'reason', reason, 'due_at', due_at,
                                 'expires_at', expires_at, 'needs_approval', unapproved) AS facts
    FROM notifier.notices WHERE id = ANY($1::bigint[])
"""
LOCK: Final = f"{SELECT_FACTS} ORDER BY id FOR UPDATE"
# Only if the notice was not sent. One that was missed or parked gets a new chance, and an hour
# for it. One that waits for an approval goes on waiting for it.
RESCHEDULE: Final = """
    UPDATE notifier.notices SET state = 'waiting', reason = NULL, attempts = 0, due_at = $2,
        try_at = CASE WHEN unapproved
            THEN greatest(expires_at, $2::timestamptz + interval '1 hour') ELSE $2 END,
        turn = NULL, expires_at = greatest(expires_at, $2::timestamptz + interval '1 hour')
    WHERE id = ANY($1::bigint[]) AND state <> 'sent' AND ($3::text IS NULL OR state = $3)
    RETURNING id
"""
CANCEL: Final = f"""
    UPDATE notifier.notices SET reason = '{BY_OPERATOR}',
        state = CASE WHEN unsettled OR holder IS NOT NULL THEN 'unconfirmed' ELSE 'cancelled' END
    WHERE id = ANY($1::bigint[]) AND state IN ('waiting', 'parked')
      AND ($2::text IS NULL OR state = $2)
    RETURNING id
"""
APPROVE: Final = """
    UPDATE notifier.notices SET unapproved = false, turn = NULL,
        try_at = CASE WHEN unapproved THEN due_at ELSE try_at END
    WHERE id = ANY($1::bigint[]) AND state = 'waiting' RETURNING id
"""
SELECT_RECORDS: Final = """
    SELECT id, at, signed_by AS by, act, notice_id, position, event_index, announcement_id,
        target, before, after
    FROM notifier.moderation
    WHERE ($1::bigint IS NULL OR notice_id = $1) AND ($2::bigint IS NULL OR id < $2)
    ORDER BY id DESC LIMIT $3
"""
# Of two requests with one key, the second one waits until the first one's notice is there.
LOCK_KEY: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
SELECT_OF_KEY: Final = """
    SELECT recipient, announcement_id, facts FROM notifier.notices WHERE key = $1
"""
SELECT_ID: Final = "SELECT id FROM notifier.notices WHERE key = $1"


class Moderated(NamedTuple):
    """The result of an operator's change of some notices."""

    done: frozenset[int]
    """Those for which it was not too late."""
    notices: Mapping[int, StoredNotice]
    """As they are afterwards, by id. What does not exist is missing."""


class Moderation:
    """Operators' changes to notices. With `dry_run` a method answers as if it had made the
    change, and changes nothing. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool, approval: Collection[Kind] = ()) -> None:
        """Notices of the kinds in `approval` go only once an operator has approved them."""
        self._pool = pool
        self._approval = approval
        self._notices = Notices(pool)

    async def create(
        self, notice: PlannedNotice, signature: Signature, *, dry_run: bool
    ) -> StoredNotice:
        """Put a notice into the outbox. Returns the stored one; the same key adds nothing. Raises
        KeyReused if the key is that of another notice."""
        async with transaction(self._pool, dry_run=dry_run) as connection:
            await connection.execute(LOCK_KEY, notice.key)
            known = await connection.fetchrow(SELECT_OF_KEY, notice.key)
            if known is None:
                await insert_notices(connection, [notice], self._approval)
            elif _says_something_else(known, notice):
                raise KeyReused
            notice_id = await connection.fetchval(SELECT_ID, notice.key)
            if known is None:
                after = await _fetch_facts(connection, SELECT_FACTS, [notice_id])
                await record_notice_acts(connection, "created", signature, {notice_id: None}, after)
            (created,) = await self._notices.fetch(connection, [notice_id])
        return created

    async def reschedule(
        self,
        ids: Sequence[int],
        due_at: datetime,
        signature: Signature,
        *,
        only: str | None = None,
        dry_run: bool,
    ) -> Moderated:
        """Make the notices due at this time, whatever their state, unless they were sent; with
        `only` those that are in this state."""
        arguments = due_at, only
        return await self._change(RESCHEDULE, "rescheduled", ids, signature, dry_run, *arguments)

    async def cancel(
        self,
        ids: Sequence[int],
        signature: Signature,
        *,
        only: str | None = None,
        dry_run: bool,
    ) -> Moderated:
        """Give up notices that wait or are parked; with `only` those that are in this state.
        Their state becomes `unconfirmed` if an attempt may have arrived or still may, and
        `cancelled` otherwise."""
        return await self._change(CANCEL, "cancelled", ids, signature, dry_run, only)

    async def approve(
        self, ids: Sequence[int], signature: Signature, *, dry_run: bool
    ) -> Moderated:
        """Let notices go that wait for an approval."""
        return await self._change(APPROVE, "approved", ids, signature, dry_run)

    async def select_ids(self, wanted: NoticeFilter) -> list[int]:
        """Return the ids of the newest notices that the filter chooses, CHANGED_AT_ONCE at most."""
        found = await self._notices.select(wanted, None, CHANGED_AT_ONCE)
        return [one["id"] for one in found]

    async def select_records(
        self, notice_id: int | None, before: int | None, limit: int
    ) -> list[dict[str, Any]]:
        """Return what operators did, newest first; with `before` only records with a smaller id."""
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_RECORDS, notice_id, before, limit)
        return [dict(row) for row in rows]

    async def _change(
        self,
        sql: str,
        act: Act,
        ids: Sequence[int],
        signature: Signature,
        dry_run: bool,
        *arguments: Any,
    ) -> Moderated:
        async with transaction(self._pool, dry_run=dry_run) as connection:
            before = await _fetch_facts(connection, LOCK, ids)
            done = {row["id"] for row in await connection.fetch(sql, ids, *arguments)}
            after = await _fetch_facts(connection, SELECT_FACTS, ids)
            changed = {one: before[one] for one in done if before[one] != after[one]}
            await record_notice_acts(connection, act, signature, changed, after)
            notices = await self._notices.fetch(connection, ids)
        return Moderated(frozenset(done), {one["id"]: one for one in notices})


def _says_something_else(stored: asyncpg.Record, notice: PlannedNotice) -> bool:
    return any(
        stored[name] != getattr(notice, name) for name in ("recipient", "announcement_id", "facts")
    )


async def _fetch_facts(
    connection: PoolConnectionProxy, sql: str, ids: Sequence[int]
) -> dict[int, Any]:
    return {row["id"]: row["facts"] for row in await connection.fetch(sql, ids)}
