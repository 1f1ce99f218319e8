"""Rebuilds the read models beside the live ones, and switches to them.

The next version is filled from the first record of the journal, in small batches, so that the live
one goes on. It is compared with a fold of the journal, row by row, as verify does. Then the live
reader pauses until the next version is as far, and the two change places in one transaction. To
roll back is the same with the version that was kept: it follows the journal from where it was left.

Whoever is killed on the way leaves the live version as it was. A next version that nobody fills
any more is dropped when a projector starts; the kept one can be rolled back to again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final, NamedTuple

import asyncpg

from contracts.errors import AlreadyRunning
from projector.proof.scratch.checkpoints import FROM_ZERO, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.versions import (
    NotYet,
    drop_next,
    make_next,
    make_next_like_live,
    open_kept,
    read_versions,
    switch_tables,
    switch_to,
)
from projector.read_models.project import TABLES
from projector.read_models.read_model import TableShape
from projector.rebuild.beside import Beside
from projector.rebuild.room import PostgresRoom, require_room
from projector.rebuild.time_left import TimeLeft
from runtime.following.pauses import Pauses
from runtime.following.reader import JournalReader
from runtime.journal.port import Journal
from runtime.postgres.pools import open_pool
from runtime.postgres.read_models import BuildShape
from runtime.postgres.tables import TablesUnavailable, acquire_connection
from runtime.progress.reporting import ReportLine

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
SWITCH_S_MAX: Final = 300.0
"""For so long at most it is tried to switch some tables, once they are right."""
CONNECTIONS: Final = 4
LOCK_KEY: Final = int.from_bytes(b"rebuild", "big")
_TRY_LOCK: Final = f"SELECT pg_try_advisory_lock({LOCK_KEY})"
_UNLOCK: Final = f"SELECT pg_advisory_unlock({LOCK_KEY})"


async def drop_abandoned(pool: asyncpg.Pool) -> None:
    """Drop a next version that nobody fills any more. Raises TablesUnavailable."""
    async with acquire_connection(pool) as connection:
        if not await connection.fetchval(_TRY_LOCK):
            return
        try:
            await drop_next(pool)
        finally:
            await connection.execute(_UNLOCK)


class _Version(NamedTuple):
    """A version that is not the live one, and those of its tables that are filled."""

    schema: str
    pool: asyncpg.Pool
    tables: Sequence[TableShape]


class Rebuilding:
    """One rebuild, or one way back to the version that was kept."""

    def __init__(
        self,
        journal: Journal,
        live: asyncpg.Pool,
        dsn: str,
        checkpoints: VerifiedCheckpoints,
        pauses: Pauses,
        reader: JournalReader[Any],
        room: PostgresRoom,
        shape: BuildShape,
    ) -> None:
        """`dsn` leads to the database of `live`, which has this `room` and tables of this `shape`.
        Its `reader` runs in `pauses`."""
        self._journal = journal
        self._live = live
        self._dsn = dsn
        self._checkpoints = checkpoints
        self._pauses = pauses
        self._reader = reader
        self._room = room
        self._shape = shape

    async def run(
        self, only: Sequence[TableShape] = TABLES, *, rolls_back: bool = False
    ) -> AsyncGenerator[ReportLine, None]:
        """Rebuild these tables, a group of `projector.read_models.groups` or all of them; or those
        that are kept. Yields lines of progress, `{"phase", "done", "of", "left_s"}`, then the
        result.

        The result is that of verify about the next version. `tables` are those that were
        compared, and `switched` says whether they are the live ones now. `left_s` is how long the
        phase may still take, None if nobody knows. Raises AlreadyRunning while another one runs,
        NotFound, NoRoom, and TablesUnavailable.
        """
        time_left = TimeLeft(asyncio.get_running_loop().time)
        result: ReportLine = {}
        async with self._alone(), self._open_version(only, rolls_back=rolls_back) as version:
            beside = Beside(self._journal, version.pool, version.tables)
            try:
                async with aclosing(self._fill_and_verify(version, beside)) as lines:
                    async for result in lines:
                        if "phase" in result:
                            yield time_left.add_to(result)
                fit = await self._is_fit(result)
                if fit:
                    await self._switch(version, beside)
            finally:
                await beside.stop()
        names = [table.name for table in version.tables]
        yield {**result, "ok": fit, "tables": names, "switched": fit}

    async def _fill_and_verify(
        self, version: _Version, beside: Beside
    ) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress, then verify's result."""
        target = await PostgresSink(self._live).position()
        async with aclosing(beside.fill(target.state.seq)) as lines:
            async for line in lines:
                yield line
        verified = verify(
            self._journal,
            beside.sink,
            checkpoints=self._checkpoints,
            start=FROM_ZERO,
            tables=version.tables,
        )
        async with aclosing(verified) as lines:
            async for line in lines:
                yield line

    async def _is_fit(self, result: ReportLine) -> bool:
        """Return whether nothing was found wrong. As many events may be parked as in the live
        version: nothing is lost then."""
        async with PostgresSink(self._live).snapshot() as snapshot:
            letters = await snapshot.dead_letters()
        found = any(result["found"].values()) or result["problem"] is not None
        return not found and result["dead_letters"] <= letters

    async def _switch(self, version: _Version, beside: Beside) -> None:
        if version.tables is TABLES:
            await self._pauses.pause_for(lambda: self._switch_all(version, beside))
        else:
            await self._switch_once_possible(version, beside)
        log.info("switched to rebuilt tables", extra={"position": self._reader.position.state.seq})

    async def _switch_once_possible(self, version: _Version, beside: Beside) -> None:
        """Switch some tables. Raises NotYet if for long others hold them, as a vacuum does."""
        now = asyncio.get_running_loop().time
        give_up_at = now() + SWITCH_S_MAX
        await beside.stop()
        while True:
            try:
                await beside.follow_to(self._reader.position.state.seq)  # So the pause is short.
                return await self._pauses.pause_for(lambda: self._switch_some(version, beside))
            except NotYet:
                if now() >= give_up_at:
                    raise
            await asyncio.sleep(RETRY_S)

    async def _switch_all(self, version: _Version, beside: Beside) -> None:
        """Switch, while the live reader pauses."""
        live = await PostgresSink(self._live).position()
        if not await beside.reach(live.state.seq):
            raise TablesUnavailable("the rebuilt tables fall behind the live ones", "overloaded")
        await beside.stop()
        await switch_to(self._live, version.schema)

    async def _switch_some(self, version: _Version, beside: Beside) -> None:
        """Switch, while the live reader pauses: at one position, since its position stays."""
        live = await PostgresSink(self._live).position()
        await beside.follow_to(live.state.seq)
        await switch_tables(self._live, version.schema, version.tables)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with acquire_connection(self._live) as connection:
            if not await connection.fetchval(_TRY_LOCK):
                raise AlreadyRunning("rebuild_running")
            try:
                yield
            finally:
                await connection.execute(_UNLOCK)

    @asynccontextmanager
    async def _open_version(
        self, only: Sequence[TableShape], *, rolls_back: bool
    ) -> AsyncIterator[_Version]:
        """Open the version that is to be filled. A next one that has not become the live one is
        dropped in the end."""
        own, tables = await read_versions(self._live), only
        schema = own.kept if rolls_back else own.next
        await require_room(
            self._live, only, self._room, self._checkpoints.directory, fills=not rolls_back
        )
        if rolls_back:
            tables = await open_kept(self._live)
        elif only is TABLES:
            await make_next(self._live, self._shape)
        else:
            await make_next_like_live(self._live)
        pool = await open_pool(self._dsn, size_max=CONNECTIONS, find_schema=lambda: schema)
        try:
            yield _Version(schema, pool, tables)
        finally:
            pool.terminate()
            if not rolls_back:
                await drop_next(self._live)
