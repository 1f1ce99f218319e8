"""Drops the read models of other shapes once nobody has used them for a while.

Every process holds a lock of its shape (`runtime.postgres.shape_lock`), and every writer one of
its schema; builds from before shapes had names hold only the latter. Whoever drops a shape holds
both alone, until its tables are gone and nobody can find them any more.
"""

import asyncio
import logging
from typing import Final, NoReturn

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.values.describing import describe_error
from projector.read_models.postgres.versions import Versions, drop_schema, lock_of_writer
from runtime.postgres import active_lock, shape_lock
from runtime.postgres.migrations import LOCK_OUT_MIGRATIONS
from runtime.postgres.read_models import ShapePlace, find_place, list_places, unregister
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

log = logging.getLogger(__name__)

UNUSED_S: Final = 60.0
"""Longer than a process takes to come back after PostgreSQL was away."""
UNREADY_S: Final = 3600.0
"""The same for tables that were still being filled: to begin anew may take hours."""
LOOK_S: Final = 5.0
_LOCK_MIGRATIONS: Final = f"""
    SET LOCAL lock_timeout = '2s';
    {LOCK_OUT_MIGRATIONS}
"""
_TRY_LOCKS: Final = f"""
    SELECT pg_try_advisory_xact_lock({shape_lock.LOCK_CLASS}, hashtext($1))
       AND pg_try_advisory_xact_lock({active_lock.LOCK_CLASS}, hashtext($2))
"""


class UnusedShapes:
    """Looks after the shapes of other builds. One at a time runs, that of a shape which may be
    read."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        own_shape: str,
        unused_s: float = UNUSED_S,
        unready_s: float = UNREADY_S,
        look_s: float = LOOK_S,
    ) -> None:
        self._pool = pool
        self._own = own_shape
        self._unused_s = unused_s
        self._unready_s = unready_s
        self._look_s = look_s
        self._unused_since: dict[str, float] = {}

    async def run(self) -> NoReturn:
        """Drop what nobody has used for `unused_s` seconds on end, or for `unready_s` if it could
        not be read yet."""
        while True:
            try:
                await self._look()
            except TablesUnavailable as error:
                self._unused_since.clear()  # Nobody knows who uses what meanwhile.
                log.info("unused shapes not looked for: %s", describe_error(error))
            await asyncio.sleep(self._look_s)

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        async with acquire_connection(self._pool) as connection:
            others = [one for one in await list_places(connection) if one.shape != self._own]
        unused_since, self._unused_since = self._unused_since, {}
        for place in others:
            since = unused_since.get(place.shape, now)
            allowed_s = self._unused_s if place.ready else self._unready_s
            if await self._try_to_drop(place, due=now - since >= allowed_s):
                self._unused_since[place.shape] = since

    async def _try_to_drop(self, place: ShapePlace, *, due: bool) -> bool:
        """Drop the shape if that is `due`. Returns whether it is unused, but not dropped."""
        async with transaction(self._pool) as connection:
            if due:
                await connection.execute(_LOCK_MIGRATIONS)
            lock = lock_of_writer(place.schema)
            if not await connection.fetchval(_TRY_LOCKS, place.shape, lock):
                return False
            if not due or not await self._may_drop(connection, place):
                return True
            for schema in Versions(place.schema).all:
                await drop_schema(connection, schema)
            await unregister(connection, place.shape)
        log.info("dropped read models that nobody used", extra={"schema": place.schema})
        return False

    async def _may_drop(self, connection: PoolConnectionProxy, place: ShapePlace) -> bool:
        """Return whether our own shape is ready to take over, and the other one is still there."""
        own = await find_place(connection, self._own)
        return own is not None and own.ready and place in await list_places(connection)
