"""Takes the texts of erased people off PostgreSQL's disk, where old versions of rows lie.

The tables are rewritten, and the write-ahead log is renewed. The kept version of the tables
(`versions`) is dropped if it has such texts. What is left to do is in `read_model.erasures`: the
rows whose `gone_seq` is not their `erased_seq`. Nobody can read a table while it is rewritten, so
the cleaner pauses for a hundred times as long as that took, and everybody who is erased meanwhile
goes with the next time.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

import asyncpg

from projector.read_models.postgres.versions import drop_kept_with_texts
from projector.read_models.project import TABLES
from runtime.postgres.rewriting import renew_write_ahead_log, rewrite_tables
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
PAUSE_FACTOR: Final = 100
REWRITTEN: Final = tuple(
    name for name in (*(table.name for table in TABLES if table.owners), "dead_letters")
)
_SELECT_PENDING: Final = """
    SELECT count(*) AS people, coalesce(max(erased_seq), 0) AS seq FROM erasures
    WHERE erased_seq IS DISTINCT FROM gone_seq
"""
_STORE_GONE: Final = """
    UPDATE erasures SET gone_seq = erased_seq
    WHERE erased_seq IS DISTINCT FROM gone_seq AND erased_seq <= $1
"""
_SELECT_TABLES: Final = """
    SELECT array_agg(to_regclass(name)::oid ORDER BY name) FROM unnest($1::text[]) AS name
"""
# A switch to rebuilt tables waits for it.
_LOCK_POSITION: Final = "SELECT FROM reader_position FOR UPDATE"


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
        people, seq = await self._fetch_pending()
        self._note_pending(people)
        if not people:
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
            await connection.execute(_STORE_GONE, seq)
        log.info("texts of erased people are off the disk", extra={"people": people})
        self._note_pending((await self._fetch_pending())[0])
        return True

    async def _fetch_pending(self) -> tuple[int, int]:
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(_SELECT_PENDING)
        assert row is not None
        return row["people"], row["seq"]

    def _note_pending(self, people: int) -> None:
        self.pending = people
        self._on_pending(people)
