"""Runs single statements on connections that it keeps.

A statement that stands alone has a snapshot of its own. It needs no transaction, and it leaves
nothing behind that would have to be reset. So the pool is asked only for further connections,
and when one has failed.
"""

from asyncio import Semaphore, timeout
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.postgres.tables import (
    ACQUIRE_TIMEOUT_S,
    break_off,
    break_off_if_dead,
    give_back,
    translate_postgres_errors,
)


class Statements:
    """Connections of a pool, each for one statement at a time. A statement that finds none free
    waits in line. `close` it before the pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Leaves half of the pool, and of four connections three, to others."""
        self._pool = pool
        self._turns = Semaphore(max(1, (pool.get_max_size() - 1) // 2))
        self._idle: list[PoolConnectionProxy] = []
        self._closed = False

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return the rows of one statement. Raises as `acquire_connection` does."""
        with translate_postgres_errors():
            if self._turns.locked():
                async with timeout(ACQUIRE_TIMEOUT_S):
                    await self._turns.acquire()
            else:
                await self._turns.acquire()
            try:
                return await self._fetch(sql, arguments)
            finally:
                self._turns.release()

    async def close(self) -> None:
        """Give all connections back to the pool; those in use as soon as their statements end."""
        self._closed = True
        while self._idle:
            await give_back(self._pool, self._idle.pop())

    async def _fetch(self, sql: str, arguments: tuple[Any, ...]) -> list[asyncpg.Record]:
        connection = await self._take_connection()
        try:
            found: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        except BaseException as error:
            await self._give_up(connection, error)
            raise
        if self._closed:
            await give_back(self._pool, connection)
        else:
            self._idle.append(connection)
        return found

    async def _take_connection(self) -> PoolConnectionProxy:
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            await give_back(self._pool, connection)
        return await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S)

    async def _give_up(self, connection: PoolConnectionProxy, error: BaseException) -> None:
        await break_off_if_dead(self._pool, connection, error)
        await give_back(self._pool, connection)
        if isinstance(error, TimeoutError):
            while self._idle:
                break_off(self._idle.pop())


def _is_open(connection: PoolConnectionProxy) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # The pool has closed it and taken it away.
        return False
