"""Takes the texts of erased people off PostgreSQL's disk, where old versions of rows lie.

The tables are rewritten, and the write-ahead log is renewed. The kept version of the tables
(`versions`) is dropped if it has such texts. What is left to do is in `read_model.erasures`: the
rows whose `gone_seq` is not their `erased_seq`. Whoever writes erased texts anew, even if only to
roll back, says so first (`clean_again`).

Nobody can read a table while it is rewritten, so the cleaner pauses for a hundred times as long as
that took, and everybody who is erased meanwhile goes with the next time.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Final, NoReturn

import asyncpg

from projector.read_models.postgres.versions import drop_kept_with_texts
from projector.read_models.project import TABLES
from runtime.postgres.arrays import to_arrays
from runtime.postgres.rewriting import renew_write_ahead_log, rewrite_tables
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
PAUSE_FACTOR: Final = 100
REWRITTEN: Final = tuple(
    name for name in (*(table.name for table in TABLES if table.owners), "dead_letters")
)
_SELECT_PENDING: Final = """
    SELECT person_id, xmin::text AS version FROM erasures
    WHERE erased_seq IS DISTINCT FROM gone_seq
"""
# A row that was written meanwhile has another `xmin`, also if it says the same: old texts may have
# been written after the tables.
_STORE_GONE: Final = """
    UPDATE erasures erasure SET gone_seq = erased_seq
    FROM unnest($1::uuid[], $2::text[]) AS cleaned (person_id, version)
    WHERE erasure.person_id = cleaned.person_id AND erasure.xmin::text = cleaned.version
"""
_CLEAN_AGAIN: Final = "UPDATE erasures SET gone_seq = NULL WHERE person_id = ANY($1::uuid[])"
_SELECT_TABLES: Final = """
    SELECT array_agg(to_regclass(name)::oid ORDER BY name) FROM unnest($1::text[]) AS name
"""
# A switch to rebuilt tables waits for it, and so does a retry of dead letters.
_LOCK_POSITION: Final = "SELECT FROM reader_position FOR UPDATE"


async def clean_again(pool: asyncpg.Pool, people: Collection[str]) -> None:
    """Have the texts of these people taken off the disk again, because they are about to be
    written. Committed at once, so that it also holds if the writer rolls back or is killed.

    The caller holds the lock of the position until it has written. Raises TablesUnavailable."""
    async with acquire_connection(pool) as connection:
        await connection.execute(_CLEAN_AGAIN, list(people))


class DiskCleaner:
    """Takes the texts of the erased off the disk. Any number may run; killed anywhere, the work
    is done again."""

    def __init__(
        self, pool: asyncpg.Pool, on_pending: Callable[[int], None] = lambda _people: None
    ) -> None:
        """`on_pending` is called with the number of people whose texts may still be on the
        disk."""
        self._pool = pool
        self._on_pending = on_pending
        self.pending: int | None = None
        """Number of erased people whose texts may be on the disk; None before the first look."""

    async def run(self) -> NoReturn:
        """Clean the disk whenever somebody was erased, but not too often."""
        now = asyncio.get_running_loop().time
        while True:
            started_at = now()
            with suppress(TablesUnavailable):  # The projector reports it.
                await self.clean()
            await asyncio.sleep(max(LOOK_S, PAUSE_FACTOR * (now() - started_at)))

    async def clean(self) -> bool:
        """Take the texts of everybody who is erased now off the disk. Returns False if a
        transaction may still read some of them, or if other tables became the live ones
        meanwhile. Raises TablesUnavailable."""
        pending = await self._fetch_pending()
        self._note_pending(len(pending))
        if not pending:
            return True
        await drop_kept_with_texts(self._pool)
        async with acquire_connection(self._pool) as connection:
            tables = await connection.fetchval(_SELECT_TABLES, REWRITTEN)
        if not await rewrite_tables(self._pool, REWRITTEN):
            return False
        if not await renew_write_ahead_log(self._pool):
            log.info("the role may not renew the write-ahead log")
        async with transaction(self._pool) as connection:
            await connection.execute(_LOCK_POSITION)
            if await connection.fetchval(_SELECT_TABLES, REWRITTEN) != tables:
                return False
            await connection.execute(_STORE_GONE, *to_arrays(pending))
        log.info("texts of erased people are off the disk", extra={"people": len(pending)})
        self._note_pending(len(await self._fetch_pending()))
        return True

    async def _fetch_pending(self) -> Sequence[asyncpg.Record]:
        """Return who is to be cleaned up, while nobody is writing texts of theirs."""
        async with transaction(self._pool) as connection:
            await connection.execute(_LOCK_POSITION)
            return await connection.fetch(_SELECT_PENDING)

    def _note_pending(self, people: int) -> None:
        self.pending = people
        self._on_pending(people)
