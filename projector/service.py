"""Wires the projector. Its own process runs it, or the embedded system."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

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
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal
from runtime.postgres.migrations import migrate
from runtime.postgres.tables import translate_postgres_errors
from runtime.process.clock import Clock, system_clock


class ProjectorService(FollowingService):
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
        projector = Projector(
            journal, self._sink, limits=limits, clock=clock, on_written=_count_written
        )
        super().__init__(projector, "projector", self._prepare_tables)
        self.verifying = False
        metrics.observe(projector)

    async def verify(self) -> AsyncGenerator[ReportLine, None]:
        """Verify the tables as they are now. Yields what `projector.proof.verify` yields.

        Raises RateLimited while another verify runs, because each holds all rows in memory, and
        TablesUnavailable.
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
        """Compute all scores by another formula and compare them (`recompute.try_formula`).
        Raises TablesUnavailable."""
        with translate_postgres_errors():
            return await try_formula(self._pool, formula)

    async def _prepare_tables(self) -> None:
        """Migrate the tables. If another formula computed the scores, compute them again."""
        with translate_postgres_errors():
            await migrate(self._pool)
            await publish_formula(self._pool)


def _count_written(batch: RowBatch) -> None:
    metrics.BATCH_ROWS.observe(batch.row_count)
    metrics.DEAD_LETTERS.inc(len(batch.letters))
