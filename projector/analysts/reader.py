"""Follows the journal into the database that analysts read.

It is a reader of its own: another key of the pseudonyms, or another retention, fills these
tables anew and touches nothing else. Scores of revealed ratings come from the history, so this
reader is never ahead of it where ratings are revealed (docs/decisions/0019).
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from contracts.journal.records import Commit
from projector.analysts.block import AnalystsBlock, analysts_block_of
from projector.analysts.ratings import look_up_scores, rating_rows
from projector.analysts.retention import TABLES, Retention
from projector.history.block import Block
from projector.history.reader import HISTORY_LIMITS
from projector.history.sink import ClickHouseSink
from projector.history.values import day_of
from runtime.calls.store_retry import StoreRetry
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, ANALYSTS_READER, migrate
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.following.reader import BatchLimits, JournalReader, Step
from runtime.journal.port import Journal
from runtime.journal.tail import START, Position
from runtime.pseudonyms import Pseudonyms

HISTORY_POLL_S: Final = 0.1

_SELECT_OTHER_KEYS: Final = "SELECT count() FROM history_position WHERE reader != %(reader)s"


class AnalystsTables:
    """The analysts' database as `runtime.following.reader.ReaderStore`.

    `history` is the other database, which has the scores of sealed ratings.
    """

    def __init__(
        self,
        analysts: Analytics,
        history: Analytics,
        pseudonyms: Pseudonyms,
        days_max: int,
    ) -> None:
        self._analysts = analysts
        self._history = history
        self._pseudonyms = pseudonyms
        self._reader = ANALYSTS_READER + pseudonyms.fingerprint
        self._sink = ClickHouseSink(analysts, self._reader)
        self._history_sink = ClickHouseSink(history)
        self._retention = Retention(analysts, days_max)
        self.loaded = asyncio.Event()
        """Set once the tables have this version's shape and nobody's other pseudonyms."""

    async def load(self) -> Position:
        """Migrate the tables and return their position. Empties them if they were filled under
        another key, so that no two pseudonyms of one person stand side by side."""
        await migrate(self._analysts, ANALYSTS_MIGRATIONS)
        answer = await self._analysts.query(_SELECT_OTHER_KEYS, {"reader": self._reader})
        if int(answer.rows[0][0]):
            # Whoever finds two positions knows that the tables are being emptied.
            await self._sink.write(Block({}), START)
            # The position last: it says so again.
            for table in (*TABLES, "copied", "history_position"):
                await self._analysts.execute(f"TRUNCATE TABLE {table}")
        self.loaded.set()
        return await self._sink.position()

    async def position(self) -> Position:
        return await self._sink.position()

    async def prepare(
        self, commits: Sequence[Commit], _after: AnalystsBlock | None, /
    ) -> AnalystsBlock:
        return await asyncio.to_thread(analysts_block_of, commits, self._pseudonyms)

    def prepare_without_refused(
        self, _commits: Sequence[Commit], _reason: str, /
    ) -> list[AnalystsBlock]:
        """Return nothing: ClickHouse never refuses rows for their content."""
        return []

    async def write(self, batch: AnalystsBlock, step: Step) -> None:
        tables = dict(batch.tables)
        if batch.ratings:
            await self._wait_for_history(batch.ratings[-1].version)
            scores = await look_up_scores(self._history, batch.ratings)
            tables["ratings"] = rating_rows(batch.ratings, scores, self._pseudonyms)
        await self._sink.write(Block(tables), step.reached)
        if step.decided_at is not None:
            await self._retention.apply(day_of(step.decided_at))

    def note_written(self, batch: AnalystsBlock) -> None:
        """Do nothing."""

    async def _wait_for_history(self, seq: int) -> None:
        while (await self._history_sink.position()).state.seq < seq:
            await asyncio.sleep(HISTORY_POLL_S)


class AnalystsReader(JournalReader[AnalystsBlock]):
    """Reads the journal into the analysts' database. Raises what JournalReader raises; runs
    once."""

    def __init__(
        self,
        journal: Journal,
        analysts: Analytics,
        history: Analytics,
        pseudonyms: Pseudonyms,
        *,
        days_max: int = 0,
        limits: BatchLimits = HISTORY_LIMITS,
    ) -> None:
        tables = AnalystsTables(analysts, history, pseudonyms, days_max)
        self.loaded = tables.loaded
        super().__init__(journal, tables, limits, StoreRetry("analysts", AnalyticsError))
