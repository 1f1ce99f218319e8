"""Lets one of several equal processes be active, while the others stand by.

The active process holds an advisory lock in PostgreSQL, on a connection of its own. PostgreSQL
releases it when the process ends, however it ends. It also ends the session of a process that
has said nothing for `silence_s`: one that is frozen, or that the network has cut off. The
process itself stops its work sooner than that, as soon as PostgreSQL leaves a sign of life
unanswered. So the next one begins after the last one has stopped.

A process that sleeps through both may still have a write under way when it wakes up. Therefore
stores fence off a second writer themselves (`runtime.following.stored_position`), or bear it
(`projector.history.sink`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, NoReturn

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.values.describing import describe_error
from runtime.postgres.pools import IDLE_IN_TRANSACTION
from runtime.postgres.tables import (
    ACQUIRE_TIMEOUT_S,
    Fenced,
    TablesUnavailable,
    break_off,
    give_back,
    translate_postgres_errors,
)
from runtime.process.tasks import run_together

log = logging.getLogger(__name__)

LOCK_CLASS: Final = int.from_bytes(b"act", "big")
"""First of the two numbers that name our advisory locks; the second is the name's hash."""
TRY_LOCK: Final = f"SELECT pg_try_advisory_lock({LOCK_CLASS}, hashtext($1))"
END_IF_SILENT: Final = "SELECT set_config('idle_session_timeout', $1, false)"
SIGN_OF_LIFE: Final = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
        AND state = 'active' AND wait_event = 'ClientRead'
        AND state_change < clock_timestamp() - interval '{IDLE_IN_TRANSACTION}'
"""
"""Ends sessions of our role here that have prepared a statement and sent nothing more: their
process is frozen or cut off. To PostgreSQL they are neither idle nor at work, so that none of its
own limits ends them, and whoever is active would wait for the rows that they hold."""


class LockPace(NamedTuple):
    """How soon a standby takes over."""

    look_s: float = 1.0
    """How often a standby tries to take the lock."""
    sign_s: float = 1.0
    """How often the holder gives a sign of life."""
    answer_s_max: float = 2.0
    """How long PostgreSQL may leave one unanswered."""
    silence_s: float = 6.0
    """After this time without a sign of life PostgreSQL releases the lock. Longer than the
    holder needs to notice that it was cut off."""


@asynccontextmanager
async def hold_lock(
    pool: asyncpg.Pool,
    try_lock: str,
    name: str,
    pace: LockPace,
    note_taken: Callable[[], None] = lambda: None,
) -> AsyncIterator[PoolConnectionProxy]:
    """Wait until the statement `try_lock` takes the lock of this name, and hold it in the block.

    Yields the connection that holds it, on which signs of life are to be given at `pace`. Calls
    `note_taken` whenever another session holds it. Raises TablesUnavailable.
    """
    with translate_postgres_errors():
        connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
    try:
        with translate_postgres_errors():
            await connection.execute(
                END_IF_SILENT, f"{pace.silence_s * 1000:.0f}ms", timeout=pace.answer_s_max
            )
            while not await connection.fetchval(try_lock, name, timeout=pace.answer_s_max):
                note_taken()
                await asyncio.sleep(pace.look_s)
        yield connection
    finally:
        break_off(connection)  # This releases the lock.
        await give_back(pool, connection)


class ActiveLock:
    """One process's claim to be the active one of all processes that name the same lock."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        name: str,
        pace: LockPace = LockPace(),  # noqa: B008 - immutable
    ) -> None:
        self._pool = pool
        self.name = name
        """Must not change while it is held."""
        self._pace = pace
        self.held = False
        """Whether this process is the active one."""
        self.taken = False
        """Whether another process was the active one when this one last tried to be. Of neither,
        it is not known yet who is active."""

    async def run_while_held(self, work: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
        """Run `work` whenever this process holds the lock, and cancel it if the lock may be lost.

        While PostgreSQL is away, nothing runs. `work` that is fenced off gives up the lock and
        tries again. Raises any other error of `work`.
        """
        while True:
            try:
                await self._work_once(work)
            except (TablesUnavailable, Fenced) as error:
                if self.held:
                    log.warning("%s is no longer active: %s", self.name, describe_error(error))
            finally:
                self.held = self.taken = False
            await asyncio.sleep(self._pace.look_s)

    async def _work_once(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Wait for the lock, and work until it is lost."""
        async with hold_lock(
            self._pool, TRY_LOCK, self.name, self._pace, self._note_taken
        ) as connection:
            self.held, self.taken = True, False
            log.info("%s is active", self.name)
            await run_together(
                {self.name: work(), f"{self.name} lock": self._give_signs_of_life(connection)}
            )

    def _note_taken(self) -> None:
        self.taken = True

    async def _give_signs_of_life(self, connection: PoolConnectionProxy) -> NoReturn:
        """Raises TablesUnavailable as soon as the lock may be lost."""
        with translate_postgres_errors():
            while True:
                await asyncio.sleep(self._pace.sign_s)
                await connection.execute(SIGN_OF_LIFE, timeout=self._pace.answer_s_max)
