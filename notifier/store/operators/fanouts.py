"""Lists fan-outs for operators, retries one, and gives one up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from contracts.journal.places import EventPlace
from notifier.store.notices import OperatorChange
from notifier.store.operators.acts import BY_OPERATOR, Act, ActSubject, Signature, record_act
from runtime.postgres.tables import acquire_connection, transaction

_COLUMNS: Final = """
    seq AS position, event_index, event_type, author_id, announcement_id, happened_at,
    expires_at, state, reason, attempts, try_at
"""
SELECT_FANOUTS: Final = f"""
    SELECT {_COLUMNS} FROM notifier.fanouts
    WHERE ($1::text IS NULL OR state = $1)
      AND ($2::bigint IS NULL OR (seq, event_index) < ($2, $3::integer))
    ORDER BY seq DESC, event_index DESC LIMIT $4
"""
SELECT_FANOUT: Final = f"""
    SELECT {_COLUMNS} FROM notifier.fanouts WHERE seq = $1 AND event_index = $2
"""
LOCK_FANOUT: Final = f"{SELECT_FANOUT} FOR UPDATE"
# Gives the fan-out, and with it its notices, at least an hour from the new time on.
RETRY_FANOUT: Final = """
    UPDATE notifier.fanouts SET state = 'waiting', reason = NULL, attempts = 0, try_at = $3,
        expires_at = greatest(expires_at, $3::timestamptz + interval '1 hour')
    WHERE seq = $1 AND event_index = $2 AND state IN ('waiting', 'parked')
      AND ($4::text IS NULL OR state = $4)
"""
DROP_FANOUT: Final = """
    UPDATE notifier.fanouts SET state = 'dropped', reason = $3
    WHERE seq = $1 AND event_index = $2 AND state IN ('waiting', 'parked')
      AND ($4::text IS NULL OR state = $4)
"""

StoredFanOut = dict[str, Any]
"""One fan-out by column name; instants are aware."""


class FanOuts:
    """The fan-outs in the outbox. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def select(
        self, state: str | None, before: EventPlace | None, limit: int
    ) -> Sequence[StoredFanOut]:
        """Return fan-outs, newest first; None stands for any state. With `before` only those of
        events before that place."""
        place = before or (None, None)
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_FANOUTS, state, *place, limit)
        return [dict(row) for row in rows]

    async def retry(
        self,
        place: EventPlace,
        at: datetime,
        signature: Signature,
        *,
        only: str | None = None,
        dry_run: bool,
    ) -> OperatorChange:
        """Make the fan-out due at this time, unless it is done or dropped, or is not in the state
        `only`, and record that. With `dry_run` nothing is changed."""
        arguments = at, only
        return await self._change(RETRY_FANOUT, "rescheduled", place, arguments, signature, dry_run)

    async def drop(
        self,
        place: EventPlace,
        signature: Signature,
        *,
        only: str | None = None,
        dry_run: bool,
    ) -> OperatorChange:
        """Give the fan-out up for good, unless it is done or no longer true, or is not in the
        state `only`, and record that. Repeating changes nothing. With `dry_run` nothing is
        changed."""
        arguments = BY_OPERATOR, only
        change = await self._change(DROP_FANOUT, "cancelled", place, arguments, signature, dry_run)
        row = change.row
        given_up = only is None and row is not None and row["reason"] == BY_OPERATOR
        return change._replace(done=change.done or given_up)

    async def _change(
        self,
        sql: str,
        act: Act,
        place: EventPlace,
        arguments: tuple[Any, ...],
        signature: Signature,
        dry_run: bool,
    ) -> OperatorChange:
        async with transaction(self._pool, dry_run=dry_run) as connection:
            before = await connection.fetchrow(LOCK_FANOUT, *place)
            done = await connection.execute(sql, *place, *arguments) == "UPDATE 1"
            row = await connection.fetchrow(SELECT_FANOUT, *place)
            if done and before is not None and row is not None:
                facts = [_describe(one) for one in (before, row)]
                await record_act(connection, act, signature, ActSubject(*place), *facts)
        return OperatorChange(done, None if row is None else dict(row))


def _describe(fanout: asyncpg.Record) -> dict[str, Any]:
    """Return what the record of an act says of a fan-out."""
    named = {name: fanout[name] for name in ("state", "reason")}
    return named | {"due_at": fanout["try_at"].isoformat()}
