"""Decides the order in which due notices are sent: by turns, one notice of each crowd in a turn.

A crowd is all notices that one author causes. A notice that becomes due gets the turn after
the last one of its crowd; the first of a crowd joins the turn that is being served. One that is
due when it is planned gets its turn when it is inserted (`notifier.store.outbox`). So an
announcement with 30,000 invitations delays another author's notice by one notice, and the cost
of a batch does not depend on how many notices wait. Urgent notices have turns of their own and
go first, but only in three quarters of a batch: many cancellations must not stop all others.
"""

from datetime import datetime
from typing import Final

from asyncpg.pool import PoolConnectionProxy

from notifier.kinds import URGENT

PLACED_AT_ONCE: Final = 2_000
"""How many notices one statement gives a turn."""
PLACED_IN_A_ROW: Final = 5
"""How many such statements at most precede a batch. A few batches suffice for everything that
becomes due at one moment."""

# Statistics of a queue's table are always out of date: they promise a few rows to sort, and there
# are many. So PostgreSQL is made to read the ordered index.
BY_INDEX: Final = "SET LOCAL enable_bitmapscan = off"
TURN_BEFORE: Final = """coalesce(
    (SELECT max(n.turn) FROM notifier.notices n WHERE n.state = 'waiting'
        AND n.turn IS NOT NULL AND n.urgent = c.urgent AND n.crowd = c.crowd),
    (SELECT min(n.turn) - 1 FROM notifier.notices n WHERE n.state = 'waiting'
        AND n.turn IS NOT NULL AND n.urgent = c.urgent),
    0)"""
"""SQL for the turn before the next one of the crowd `c`."""
PLACE: Final = f"""
    WITH due AS (
        SELECT id, try_at, crowd, kind = ANY($2::text[]) AS urgent
        FROM notifier.notices WHERE state = 'waiting' AND turn IS NULL AND try_at <= $1
        ORDER BY try_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
    ), crowds AS MATERIALIZED (
        SELECT urgent, crowd, {TURN_BEFORE} AS turn_before
        FROM (SELECT DISTINCT urgent, crowd FROM due) c
    ), turned AS (
        SELECT id, crowd, urgent, turn_before
            + row_number() OVER (PARTITION BY urgent, crowd ORDER BY try_at, id) AS turn
        FROM due JOIN crowds USING (urgent, crowd)
    )
    UPDATE notifier.notices n SET urgent = t.urgent, turn = t.turn
    FROM turned t WHERE n.id = t.id
"""
NOT_BEFORE_RESTORED: Final = """NOT EXISTS (
    SELECT FROM notifier.reader_position r WHERE r.reader = 'notifier' AND r.seq < r.restored_seq)
"""
"""SQL for whether anything may go: after a restore from a backup the notifier first reads what
the journal had then (`notifier.restored`)."""
TAKE: Final = f"""
    UPDATE notifier.notices n SET attempts = n.attempts + 1, try_at = $2, holder = $5,
        unsettled = n.unsettled OR n.holder IS NOT NULL, turn = NULL
    FROM (SELECT id FROM notifier.notices
          WHERE state = 'waiting' AND turn IS NOT NULL AND urgent = $4 AND try_at <= $1
            AND {NOT_BEFORE_RESTORED}
          ORDER BY turn, id LIMIT $3 FOR UPDATE SKIP LOCKED) due
    WHERE n.id = due.id
    RETURNING n.id
"""


async def place_due(connection: PoolConnectionProxy, now: datetime) -> None:
    """Give a turn to notices that have become due, 10,000 at most. Needs a transaction, and
    makes PostgreSQL prefer indexes in the rest of it."""
    await connection.execute(BY_INDEX)
    for _ in range(PLACED_IN_A_ROW):
        done = await connection.execute(PLACE, now, list(URGENT), PLACED_AT_ONCE)
        if done != f"UPDATE {PLACED_AT_ONCE}":
            return


async def take_next(
    connection: PoolConnectionProxy, now: datetime, until: datetime, limit: int, holder: int
) -> list[int]:
    """Lease the next notices, `limit` at most, to `holder` until the time `until`. Returns their
    ids."""
    taken: list[int] = []
    for urgent, share in ((True, limit - limit // 4), (False, limit), (True, limit)):
        if (left := min(share, limit - len(taken))) > 0:
            rows = await connection.fetch(TAKE, now, until, left, urgent, holder)
            taken += (row["id"] for row in rows)
    return taken
