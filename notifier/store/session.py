"""Keeps the session that proves that a dispatcher lives, and frees the leases of dead ones.

A dispatcher holds an advisory lock on a connection of its own, and stores the lock's number
with each lease; so does a publisher. It releases the lock with the connection, and PostgreSQL
releases it when the process ends, however it ends. The next one that looks frees these leases,
and need not wait until they expire.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from random import SystemRandom
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.postgres.tables import (
    TablesUnavailable,
    acquire_connection,
    break_off,
    translate_postgres_errors,
)
from runtime.process.clock import Clock

NO_SESSION: Final = 0
"""Holder of a lease that only time ends."""
LOCK_CLASS: Final = int.from_bytes(b"lea", "big")
"""First of the two numbers that name our advisory locks; the second is the holder's."""
HOLDER_MAX: Final = 2**31 - 1

TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1, $2)"
UNLOCK: Final = "SELECT pg_advisory_unlock_all()"
_LIVING: Final = f"""
    SELECT objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {LOCK_CLASS} AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# In order of ids, as whoever changes several notices that are being sent.
FREE_NOTICES: Final = f"""
    UPDATE notifier.notices n SET holder = NULL, unsettled = true, try_at = $1
    FROM (
        SELECT id FROM notifier.notices
        WHERE state = 'waiting' AND holder > {NO_SESSION} AND holder NOT IN ({_LIVING})
        ORDER BY id FOR UPDATE
    ) freed WHERE n.id = freed.id
"""
FREE_FANOUTS: Final = f"""
    UPDATE notifier.fanouts SET holder = NULL, try_at = $1
    WHERE state = 'waiting' AND holder > {NO_SESSION} AND holder NOT IN ({_LIVING})
"""
# Nobody knows whether its target has the post.
FREE_PUBLICATIONS: Final = f"""
    UPDATE notifier.publications SET holder = NULL, unsettled = true, state = 'unsettled',
        reason = 'may_have_arrived', try_at = $1
    WHERE state = 'sending' AND holder NOT IN ({_LIVING})
"""


class LeaseSession:
    """The session of one dispatcher. It may be opened and closed many times. A lease taken
    without an open session only ends by time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._connection: PoolConnectionProxy | None = None
        self._held = AsyncExitStack()
        """Releases the lock and gives the connection back."""
        self._holder = NO_SESSION
        self._looked_at = 0.0
        """When leases of the dead were last looked for, by the loop's time."""

    @property
    def holder(self) -> int:
        """The number to store with a lease."""
        return self._holder if self.is_open else NO_SESSION

    @property
    def is_open(self) -> bool:
        if self._connection is None:
            return False
        try:
            return not self._connection.is_closed()
        except asyncpg.InterfaceError:  # The pool took it away when the server closed it.
            return False

    async def open(self) -> None:
        """Take a lock, unless one is held already. Raises TablesUnavailable."""
        if self.is_open:
            return
        await self.close()
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(acquire_connection(self._pool))
            stack.push_async_callback(_unlock, connection)
            self._holder = await _take_lock(connection)
            self._connection, self._held = connection, stack.pop_all()

    async def keep(self, clock: Clock, look_s: float) -> None:
        """Take a lock if none is held. Then, and every `look_s`, free the leases of the dead.
        Raises TablesUnavailable and ClockWrong."""
        now_s = asyncio.get_running_loop().time()
        if not self.is_open:
            await self.open()
        elif now_s < self._looked_at + look_s:
            return
        self._looked_at = now_s
        await self.free_leases_of_the_dead(clock())

    async def close(self) -> None:
        """Give up all leases: any dispatcher may take them now."""
        self._connection = None
        await self._held.aclose()

    async def free_leases_of_the_dead(self, now: datetime) -> None:
        """Make everything due again that dead dispatchers had leased. Notices among it may have
        been sent, and are marked `unsettled`. Raises TablesUnavailable."""
        async with acquire_connection(self._pool) as connection:
            await connection.execute(FREE_NOTICES, now)
            await connection.execute(FREE_FANOUTS, now)
            await connection.execute(FREE_PUBLICATIONS, now)


async def _take_lock(connection: PoolConnectionProxy) -> int:
    """Take a lock with a random number that nobody holds, and return the number."""
    random = SystemRandom()
    while True:
        holder = random.randint(NO_SESSION + 1, HOLDER_MAX)
        if await connection.fetchval(TRY_LOCK, LOCK_CLASS, holder):
            return holder


async def _unlock(connection: PoolConnectionProxy) -> None:
    """Release every lock of the session. If that fails, end the session, which does the same."""
    try:
        with translate_postgres_errors():
            await connection.execute(UNLOCK)
    except TablesUnavailable:
        break_off(connection)
    except asyncio.CancelledError:
        break_off(connection)
        raise
