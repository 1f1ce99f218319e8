"""Takes the texts of erased people off PostgreSQL's disk, where old versions of rows lie.

The tables are rewritten, and the write-ahead log is renewed. The kept version of the tables
(`versions`) is dropped if it has such texts. What is left to do is in the table `erasures`: the
rows whose `gone_seq` is not their `erased_seq`. Whoever writes erased texts anew, even if only to
roll back, says so first (`clean_again`).

The tables of another build's shape are cleaned by their own writer, or dropped. Until then the
texts in them count as being on the disk.

Nobody can read a table while it is rewritten, so the cleaner pauses for a hundred times as long as
that took, and everybody who is erased meanwhile goes with the next time.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Final, NoReturn

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from projector.read_models.postgres.versions import drop_kept_with_texts, find_versions
from projector.read_models.project import TABLES
from runtime.postgres.arrays import to_arrays
from runtime.postgres.read_models import list_places
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
# Of another build's tables nothing is known but what they say themselves, in whatever shape.
_SELECT_HELD: Final = """
    SELECT live.person_id FROM erasures live
    LEFT JOIN {schema}.erasures other USING (person_id)
    WHERE live.erased_seq IS NOT NULL
      AND live.erased_seq IS DISTINCT FROM (to_jsonb(other) ->> 'gone_seq')::bigint
"""
_SELECT_ERASED: Final = "SELECT person_id FROM erasures WHERE erased_seq IS NOT NULL"
_TABLE_EXISTS: Final = "SELECT to_regclass($1) IS NOT NULL"
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
    """Takes the texts of the erased off the disk. One cleaner cleans once at a time. Of several,
    one may find tables in use by another. Killed anywhere, the work is done again."""

    def __init__(
        self, pool: asyncpg.Pool, on_pending: Callable[[int], None] = lambda _people: None
    ) -> None:
        """`on_pending` is called with the number of people whose texts may still be on the
        disk."""
        self._pool = pool
        self._on_pending = on_pending
        self._cleaning = asyncio.Lock()
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
        """Take the texts of everybody who is erased now out of the files of these tables. Returns
        False if a transaction may still read some of them, or if other tables became the live
        ones meanwhile. Raises TablesUnavailable, also if a table is in use for long."""
        async with self._cleaning:
            return await self._clean()

    async def _clean(self) -> bool:
        pending = await self._fetch_pending()
        await self._note_pending(pending)
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
        await self._note_pending(await self._fetch_pending())
        return True

    async def _fetch_pending(self) -> Sequence[asyncpg.Record]:
        """Return who is to be cleaned up, while nobody is writing texts of theirs."""
        async with transaction(self._pool) as connection:
            await connection.execute(_LOCK_POSITION)
            return await connection.fetch(_SELECT_PENDING)

    async def _note_pending(self, here: Sequence[asyncpg.Record]) -> None:
        """Note how many people have texts here, or in the tables of another build."""
        held = {row["person_id"] for row in here}
        async with acquire_connection(self._pool) as connection:
            own = await find_versions(connection)
            for place in await list_places(connection):
                if place.schema != own.live:
                    held |= await _find_held(connection, place.schema)
        self.pending = len(held)
        self._on_pending(self.pending)


async def _find_held(connection: PoolConnectionProxy, schema: str) -> set[str]:
    """Return the people who are erased here, and of whom this schema may still have texts."""
    has_erasures = await connection.fetchval(_TABLE_EXISTS, f"{schema}.erasures")
    sql = _SELECT_HELD.format(schema=schema) if has_erasures else _SELECT_ERASED
    return {row["person_id"] for row in await connection.fetch(sql)}
