"""Fills empty tables from a long journal faster, by setting indexes aside meanwhile.

An index stays if it begins with the owner of a row's texts: by these the projector itself looks
for rows, for erasures, scores and ranks. All others are for reads. They are made again once the
tables have come to where the journal ended when filling began. Filling that was cut short goes
on without them.
"""

import logging
from typing import Any, Final

import asyncpg

from projector.read_models.project import TABLES
from runtime.following.reader import JournalReader
from runtime.journal.lineage import START, Position, find_oldest
from runtime.journal.port import Journal, JournalError
from runtime.postgres.indexes import count_indexes_aside, make_index_again, set_indexes_aside

log = logging.getLogger(__name__)

LONG_RECORDS_MIN: Final = 20_000
"""A shorter journal is projected sooner than indexes are made again."""
QUIET_S: Final = 60.0
"""If so long nothing is written, and nothing waits to be, the journal has ended earlier. The first
batch of a busy machine takes seconds to prepare."""
NEEDED: Final = frozenset(f"{table.name}.{owner}" for table in TABLES for owner in table.owners)


class Filling:
    """Knows whether tables are being filled without their indexes."""

    def __init__(self, pool: asyncpg.Pool, long_records_min: int = LONG_RECORDS_MIN) -> None:
        self._pool = pool
        self._long_records_min = long_records_min
        self._until_offset = 0
        self.indexes_aside = 0
        """Number of indexes that have to be made again."""

    async def begin(self, position: Position, journal: Journal) -> None:
        """Set the indexes aside if the tables are empty and the journal is long. Raises
        TablesUnavailable."""
        self._until_offset = await _find_end(journal)
        if position == START and self._until_offset >= self._long_records_min:
            await set_indexes_aside(self._pool, NEEDED)
        self.indexes_aside = await count_indexes_aside(self._pool)

    async def finish(self, reader: JournalReader[Any]) -> None:
        """Wait until the reader has filled the tables, and make all indexes again."""
        if not self.indexes_aside:
            return
        log.info("filling tables without %d indexes", self.indexes_aside)
        while reader.position.offset < self._until_offset - 1:
            moved = await reader.reach(reader.position.state.seq + 1, QUIET_S)
            if not moved and reader.oldest_unwritten_ms is None:
                break
        while await reader.store_retry.attempt_until_available(
            lambda: make_index_again(self._pool)
        ):
            self.indexes_aside = max(1, self.indexes_aside - 1)
        self.indexes_aside = 0
        log.info("all indexes are there again")


async def _find_end(journal: Journal) -> int:
    """Return where the journal ends; 0 if it cannot be asked now."""
    try:
        return await (await find_oldest(journal)).end()
    except JournalError:
        return 0
