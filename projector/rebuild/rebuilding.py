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
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

import asyncpg

from contracts.errors import RateLimited
from projector.proof.progress import ReportLine
from projector.proof.scratch.checkpoints import FROM_ZERO, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.filling import Filling
from projector.read_models.postgres.recompute import publish_formula
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.versions import (
    KEPT,
    NEXT,
    drop_next,
    make_next,
    open_kept,
    switch_to,
)
from projector.read_models.projector import Projector
from projector.rebuild.pauses import Pauses
from runtime.following.reader import BatchLimits
from runtime.journal.port import Journal
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import TablesUnavailable, acquire_connection, translate_postgres_errors
from runtime.process.tasks import end, start_for

log = logging.getLogger(__name__)

BESIDE: Final = BatchLimits(events_max=2_000, pause_s=0.02)
"""Small batches, with pauses: live traffic shares the process."""
REPORT_S: Final = 0.5
PAUSE_S_MAX: Final = 10.0
"""For so long at most the live reader pauses. The next version was as far just before."""
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


class Rebuilding:
    """One rebuild, or one way back to the version that was kept."""

    def __init__(
        self,
        journal: Journal,
        live: asyncpg.Pool,
        dsn: str,
        checkpoints: VerifiedCheckpoints,
        pauses: Pauses,
    ) -> None:
        """`dsn` leads to the database of `live`. The reader of `live` runs in `pauses`."""
        self._journal = journal
        self._live = live
        self._dsn = dsn
        self._checkpoints = checkpoints
        self._pauses = pauses

    async def run(self, *, rolls_back: bool = False) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress, `{"phase", "done", "of", "left_s"}`, then the result.

        The result is that of verify about the next version; `switched` says whether it is the
        live one now. `left_s` is how long the phase may still take, None if nobody knows. Raises
        RateLimited while another one runs, NotFound, and TablesUnavailable.
        """
        schema = KEPT if rolls_back else NEXT
        async with self._alone(), self._version(schema) as pool:
            beside = _Beside(self._journal, pool)
            try:
                target = await PostgresSink(self._live).position()
                async with aclosing(beside.fill(target.state.seq)) as lines:
                    async for line in lines:
                        yield line
                result: ReportLine = {}
                sink = PostgresSink(pool)
                verified = verify(
                    self._journal, sink, checkpoints=self._checkpoints, start=FROM_ZERO
                )
                async with aclosing(verified) as lines:
                    async for result in lines:
                        if "phase" in result:
                            yield {**result, "left_s": None}
                fit = await self._is_fit(result)
                if fit:
                    await self._pauses.pause_for(lambda: self._switch(beside, schema))
                    log.info("switched to rebuilt tables", extra={"position": beside.position})
            finally:
                await beside.stop()
        yield {**result, "ok": fit, "switched": fit}

    async def _is_fit(self, result: ReportLine) -> bool:
        """Return whether nothing was found wrong. As many events may be parked as in the live
        version: nothing is lost then."""
        async with PostgresSink(self._live).snapshot() as snapshot:
            letters = await snapshot.dead_letters()
        found = any(result["found"].values()) or result["problem"] is not None
        return not found and result["dead_letters"] <= letters

    async def _switch(self, beside: "_Beside", schema: str) -> None:
        """Switch, while the live reader pauses."""
        live = await PostgresSink(self._live).position()
        if not await beside.reach(live.state.seq):
            raise TablesUnavailable("the rebuilt tables fall behind the live ones", "overloaded")
        await beside.stop()
        await switch_to(self._live, schema)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with acquire_connection(self._live) as connection:
            if not await connection.fetchval(_TRY_LOCK):
                raise RateLimited
            try:
                yield
            finally:
                await connection.execute(_UNLOCK)

    @asynccontextmanager
    async def _version(self, schema: str) -> AsyncIterator[asyncpg.Pool]:
        """Open the version that is to be filled. A next one that has not become the live one is
        dropped in the end."""
        await (make_next if schema == NEXT else open_kept)(self._live)
        pool = await open_pool(
            self._dsn, size_max=CONNECTIONS, server_settings={"search_path": schema}
        )
        try:
            yield pool
        finally:
            pool.terminate()
            if schema == NEXT:
                await drop_next(self._live)


class _Beside:
    """The reader that fills a version beside the live one."""

    def __init__(self, journal: Journal, pool: asyncpg.Pool) -> None:
        self._journal = journal
        self._pool = pool
        self._reader = Projector(journal, PostgresSink(pool), limits=BESIDE)
        self._reading: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        return self._reader.position.state.seq

    async def fill(self, target: int) -> AsyncGenerator[ReportLine, None]:
        """Begin to read, fill the tables to the position `target` and make their indexes. Yields
        lines of progress. Raises the reader's errors."""
        with translate_postgres_errors():
            await publish_formula(self._pool)
        begun = await PostgresSink(self._pool).position()
        filling = Filling(self._pool)
        await filling.begin(begun, self._journal)
        self._reading = start_for(self._reader.run(), "reading beside")
        clock = asyncio.get_running_loop().time
        started_at = clock()
        yield {"phase": "fill", "done": begun.state.seq, "of": target, "left_s": None}
        while not await self._reader.reach(target, REPORT_S):
            self._raise_error()
            new, done = self.position - begun.state.seq, self.position
            left_s = (target - done) * (clock() - started_at) / new if new > 0 else None
            yield {
                "phase": "fill",
                "done": done,
                "of": target,
                "left_s": None if left_s is None else round(left_s),
            }
        finishing = start_for(filling.finish(self._reader), "filling beside")
        try:
            of = filling.indexes_aside
            while not finishing.done():
                await asyncio.wait([finishing], timeout=REPORT_S)
                self._raise_error()
                done = of - filling.indexes_aside
                yield {"phase": "indexes", "done": done, "of": of, "left_s": None}
            finishing.result()
        finally:
            await end(finishing)

    async def reach(self, seq: int) -> bool:
        """Return whether the tables come as far as `seq` in time."""
        self._raise_error()
        return await self._reader.reach(seq, PAUSE_S_MAX)

    async def stop(self) -> None:
        await end(self._reading)
        self._reading = None

    def _raise_error(self) -> None:
        if self._reading is not None and self._reading.done():
            self._reading.result()
