"""Wires the projector. Its own process runs it, or the embedded system."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import asyncpg

from contracts.errors import RateLimited
from contracts.scoring import Formula
from projector import metrics
from projector.proof.progress import ReportLine
from projector.proof.score_comparison import VotesInHistory
from projector.proof.verify import verify
from projector.read_models.batch import RowBatch
from projector.read_models.postgres.recompute import FormulaTrial, publish_formula, try_formula
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projector import READ_MODEL_LIMITS, Projector
from runtime.calls.store_retry import StoreRetry
from runtime.following.reader import BatchLimits
from runtime.journal.port import Journal
from runtime.postgres.migrations import migrate
from runtime.postgres.tables import TablesUnavailable, translate_postgres_errors
from runtime.process.clock import Clock, system_clock
from runtime.process.tasks import end, keep_running


class ProjectorService:
    """Keeps the tables behind `pool` up with `journal`. Start once, stop once.

    If there is a `history`, verify compares the scores with it.
    """

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        *,
        history: VotesInHistory | None = None,
        limits: BatchLimits = READ_MODEL_LIMITS,
        clock: Clock = system_clock,
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._history = history
        self._sink = PostgresSink(pool)
        self._store_retry = StoreRetry("read models", TablesUnavailable)
        self._projector = Projector(
            journal,
            self._sink,
            limits=limits,
            clock=clock,
            on_written=_count_written,
            store_retry=self._store_retry,
        )
        self._running: asyncio.Task[None] | None = None
        self.verifying = False
        metrics.observe(self._projector)

    @property
    def position(self) -> int:
        """Position of the journal up to which the tables are."""
        return self._projector.position.state.seq

    @property
    def ready(self) -> bool:
        return all(value is not False for value in self.readiness().values())

    def readiness(self) -> dict[str, Any]:
        projector = self._projector
        return {
            "running": self._running is not None and not self._running.done(),
            "journal": projector.journal_available,
            **self._store_retry.readiness("tables"),
            "position": self.position,
        }

    async def start(self) -> asyncio.Task[None]:
        """Begins to follow. The task ends only by failing, with JournalBroken or Fenced; the
        process ends with it."""
        self._running = keep_running(self.run(), "projector")
        return self._running

    async def run(self) -> None:
        """Migrates the tables, computes the scores by this version's formula if they are by
        another, then follows. Waits for PostgreSQL."""
        await self._store_retry.attempt_until_available(self._prepare)
        await self._projector.run()

    async def stop(self) -> None:
        """Stops. A batch that is being written is done or undone, and so is its position."""
        await end(self._running)

    async def verify(self) -> AsyncGenerator[ReportLine, None]:
        """Verifies the tables as they are now (`projector.proof.verify`).

        Raises RateLimited while another one runs, because each holds all rows in memory.
        """
        if self.verifying:
            raise RateLimited
        self.verifying = True
        try:
            async with aclosing(verify(self._journal, self._sink, self._history)) as lines:
                async for line in lines:
                    yield line
        finally:
            self.verifying = False

    async def try_formula(self, formula: Formula) -> FormulaTrial:
        """Tries a formula on all ratings (`recompute.try_formula`). Raises TablesUnavailable."""
        with translate_postgres_errors():
            return await try_formula(self._pool, formula)

    async def _prepare(self) -> None:
        with translate_postgres_errors():
            await migrate(self._pool)
            await publish_formula(self._pool)


def _count_written(batch: RowBatch) -> None:
    metrics.BATCH_ROWS.observe(batch.row_count)
    metrics.DEAD_LETTERS.inc(len(batch.letters))
