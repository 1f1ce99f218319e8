"""Follows the journal into a version of the read models beside the live one."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import Final

import asyncpg

from projector.read_models.postgres.filling import Filling
from projector.read_models.postgres.recompute import publish_formula
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.versions import NotYet
from projector.read_models.projector import Projector, ReadModels
from projector.read_models.read_model import TableShape
from runtime.following.reader import BatchLimits, Step, commits_of, decided_at
from runtime.journal.port import Journal
from runtime.journal.tail import Tail
from runtime.postgres.tables import RowsRefused, TablesUnavailable, translate_postgres_errors
from runtime.process.tasks import end, start_for
from runtime.progress.reporting import REPORT_S, ReportLine

BESIDE: Final = BatchLimits(events_max=2_000, pause_s=0.02)
"""Small batches, with pauses: live traffic shares the process."""
PAUSE_S_MAX: Final = 10.0
"""For so long at most the live reader pauses. The other version was as far just before."""
FETCH_WAIT_S: Final = 1.0


class Beside:
    """The reader that fills `tables` of a version beside the live one."""

    def __init__(
        self, journal: Journal, pool: asyncpg.Pool, tables: Collection[TableShape]
    ) -> None:
        self._journal = journal
        self._pool = pool
        self.sink: Final = PostgresSink(pool, tables)
        self._reader = Projector(journal, self.sink, limits=BESIDE)
        self._reading: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        return self._reader.position.state.seq

    @property
    def away(self) -> str | None:
        """Why the tables did not take the last rows; None if they did."""
        return self._reader.store_retry.reason

    async def fill(self, target: int) -> AsyncGenerator[ReportLine, None]:
        """Begin to read, fill the tables to the position `target` and make their indexes. Yields
        lines of progress. Raises the reader's errors."""
        with translate_postgres_errors():
            await publish_formula(self._pool)
        begun = await self.sink.position()
        filling = Filling(self._pool)
        await filling.begin(begun, self._journal)
        self._reading = start_for(self._reader.run(), "reading beside")
        yield {"phase": "fill", "done": begun.state.seq, "of": target}
        while not await self._reader.reach(target, REPORT_S):
            self._raise_error()
            yield {"phase": "fill", "done": self.position, "of": target}
        finishing = start_for(filling.finish(self._reader), "filling beside")
        try:
            of = filling.indexes_aside
            while not finishing.done():
                await asyncio.wait([finishing], timeout=REPORT_S)
                self._raise_error()
                yield {"phase": "indexes", "done": of - filling.indexes_aside, "of": of}
            finishing.result()
        finally:
            await end(finishing)

    async def reach(self, seq: int) -> bool:
        """Return whether the tables come as far as `seq` in time."""
        self._raise_error()
        return await self._reader.reach(seq, PAUSE_S_MAX)

    async def follow(self, for_s: float) -> None:
        """Go on as before for so many seconds. Raises the reader's errors."""
        if self._reading is None:
            await asyncio.sleep(for_s)
        else:
            await asyncio.wait([self._reading], timeout=for_s)
            self._raise_error()

    async def stop(self) -> None:
        """Stop reading."""
        await end(self._reading)
        self._reading = None

    async def follow_to(self, seq: int) -> None:
        """Follow the journal to exactly this position, after `stop`. Raises NotYet if the tables
        are further already, and TablesUnavailable, also if they refuse rows."""
        models = ReadModels(self.sink, lambda _batch: None)
        position = await models.load()
        tail = Tail(self._journal, position)
        try:
            async with asyncio.timeout(PAUSE_S_MAX):
                while (missing := seq - position.state.seq) > 0:
                    if records := (await tail.fetch(FETCH_WAIT_S))[:missing]:
                        batch = await models.prepare(commits_of(records), None)
                        reached = records[-1].position
                        await models.write(batch, Step(position, reached, decided_at(records)))
                        models.note_written(batch)
                        position = reached
        except (TimeoutError, RowsRefused) as error:
            raise TablesUnavailable(
                f"cannot reach position {seq}: {error}", "overloaded"
            ) from error
        finally:
            await tail.close()
        if position.state.seq != seq:
            raise NotYet(f"the live tables are only at position {seq}", "overloaded")

    def _raise_error(self) -> None:
        if self._reading is not None and self._reading.done():
            self._reading.result()
