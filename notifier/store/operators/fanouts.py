"""Lists fan-outs for operators, and retries one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from notifier.store.notices import OperatorChange
from notifier.store.operators.acts import Signature, record_fanout_act
from runtime.postgres.tables import acquire_connection, transaction

_COLUMNS: Final = """
    seq AS position, event_index, event_type, author_id, announcement_id, happened_at,
    expires_at, state, reason, attempts, try_at
"""
SELECT_FANOUTS: Final = f"""
    SELECT {_COLUMNS} FROM notifier.fanouts
    WHERE ($1::text IS NULL OR state = $1) ORDER BY seq DESC, event_index DESC LIMIT $2
"""
SELECT_FANOUT: Final = f"""
    SELECT {_COLUMNS} FROM notifier.fanouts WHERE seq = $1 AND event_index = $2
"""
# Gives the fan-out, and with it its notices, at least an hour from the new time on.
RETRY_FANOUT: Final = """
    UPDATE notifier.fanouts SET state = 'waiting', reason = NULL, attempts = 0, try_at = $3,
        expires_at = greatest(expires_at, $3::timestamptz + interval '1 hour')
    WHERE seq = $1 AND event_index = $2 AND state IN ('waiting', 'parked')
"""

StoredFanOut = dict[str, Any]
"""One fan-out by column name; instants are aware."""


class FanOuts:
    """The fan-outs in the outbox. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def select(self, state: str | None, limit: int) -> Sequence[StoredFanOut]:
        """Return the newest fan-outs, newest first; None stands for any state."""
        async with acquire_connection(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(SELECT_FANOUTS, state, limit)]

    async def retry(
        self, place: tuple[int, int], at: datetime, signature: Signature, *, dry_run: bool
    ) -> OperatorChange:
        """Make the fan-out due at this time, unless it is done or dropped, and record that. With
        `dry_run` nothing is changed."""
        async with transaction(self._pool, dry_run=dry_run) as connection:
            before = await connection.fetchrow(SELECT_FANOUT, *place)
            done = await connection.execute(RETRY_FANOUT, *place, at) == "UPDATE 1"
            row = await connection.fetchrow(SELECT_FANOUT, *place)
            if done and before is not None and row is not None:
                facts = [_describe(one) for one in (before, row)]
                await record_fanout_act(connection, "rescheduled", signature, place, *facts)
        return OperatorChange(done, None if row is None else dict(row))


def _describe(fanout: asyncpg.Record) -> dict[str, Any]:
    """Return what the record of an act says of a fan-out."""
    named = {name: fanout[name] for name in ("state", "reason")}
    return named | {"due_at": fanout["try_at"].isoformat()}
