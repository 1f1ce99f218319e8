"""Keeps the read models of this build's shape from being dropped, and knows where they are.

Each process that uses a shape holds a shared advisory lock, on a connection of its own. Whoever
drops a shape holds the same lock alone. So the lock comes before the look into
`public.read_models`, and what is found there stays for as long as the lock is held. PostgreSQL ends
the session of a process that says nothing for a while. A process that has lost its lock takes it
again, and looks again, before it counts as ready.

The connections of a pool that is opened with `find_schema` find the read models of this shape, or
none.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final, NoReturn

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from prometheus_client import Gauge

from contracts.values.describing import describe_error
from runtime.postgres.active_lock import LockPace, hold_lock
from runtime.postgres.read_models import BuildShape, ShapePlace, find_place
from runtime.postgres.tables import (
    TablesUnavailable,
    acquire_connection,
    translate_postgres_errors,
)
from runtime.process.tasks import end, keep_running

log = logging.getLogger(__name__)

LOCK_CLASS: Final = int.from_bytes(b"shp", "big")
"""First of the two numbers of the lock; the second is the hash of the shape's name."""
FIRST_LOOK_S_MAX: Final = 1.0
READ: Final = Gauge(
    "read_models_read", "1 in a process that answers from the tables of this shape", ["shape"]
)
_TRY_LOCK: Final = f"SELECT pg_try_advisory_lock_shared({LOCK_CLASS}, hashtext($1))"


class ShapeLock:
    """One process's use of a shape through one pool. `start` it once and `stop` it once."""

    def __init__(
        self,
        shape: BuildShape,
        *,
        unready: bool = False,
        pace: LockPace = LockPace(),  # noqa: B008 - immutable
    ) -> None:
        """With `unready`, the pool also finds tables that may not be read yet: their writer
        does so."""
        self.shape: Final = shape
        self.held = False
        self.ready = False
        """Whether the shape may be read, and nobody can drop it."""
        self._unready = unready
        self._pace = pace
        self._schema: str | None = None
        self._pool: asyncpg.Pool | None = None
        self._running: asyncio.Task[NoReturn] | None = None
        self._looked = asyncio.Event()
        if not unready:
            READ.labels(shape.name).set_function(lambda: self.ready)

    def find_schema(self) -> str | None:
        """Return the schema of the read models; None while there is none for this process."""
        return self._schema

    def readiness(self) -> dict[str, Any]:
        """Return the entries of /readyz: the shape, and whether its read models may be read."""
        return {"shape": self.shape.name, "read_models": self.ready}

    async def start(self, pool: asyncpg.Pool) -> None:
        """Begin to hold the lock, on a connection of `pool`. Waits for a moment, in which the
        tables are found if they are there."""
        self._pool = pool
        self._running = keep_running(self._run(), "lock of the shape")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), FIRST_LOOK_S_MAX)

    async def stop(self) -> None:
        await end(self._running)

    async def look(self) -> ShapePlace | None:
        """Find out where the shape is now. Returns None if nobody has made it. Raises
        TablesUnavailable, also if the lock is not held."""
        if self._pool is None or not self.held:
            raise TablesUnavailable("the lock of the shape is not held")
        async with acquire_connection(self._pool) as connection:
            return await self._look(self._pool, connection)

    async def _run(self) -> NoReturn:
        assert self._pool is not None
        while True:
            try:
                await self._hold(self._pool)
            except TablesUnavailable as error:
                if self.held:
                    log.warning("the lock of the shape is lost: %s", describe_error(error))
            finally:
                self.held = self.ready = False
            await asyncio.sleep(self._pace.look_s)

    async def _hold(self, pool: asyncpg.Pool) -> NoReturn:
        """Take the lock and keep it. Raises TablesUnavailable as soon as it may be lost."""
        async with hold_lock(pool, _TRY_LOCK, self.shape.name, self._pace) as connection:
            self.held = True
            with translate_postgres_errors():
                while True:  # Each look is a sign of life.
                    async with asyncio.timeout(self._pace.answer_s_max):
                        await self._look(pool, connection)
                    self._looked.set()
                    await asyncio.sleep(self._pace.sign_s)

    async def _look(self, pool: asyncpg.Pool, connection: PoolConnectionProxy) -> ShapePlace | None:
        place = await find_place(connection, self.shape.name)
        usable = place is not None and (place.ready or self._unready)
        schema = place.schema if place is not None and usable else None
        if schema != self._schema:
            self._schema = schema
            await pool.expire_connections()
            log.info("read models found", extra={"schema": schema})
        self.ready = self.held and place is not None and place.ready
        return place
