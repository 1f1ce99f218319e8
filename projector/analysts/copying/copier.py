"""Copies notices and clicks from the notifier's tables into the analysts' database.

Neither is in the journal, so nothing that follows the journal can fill these tables anew. Rows are
read in the order of the transactions that last changed them, up to the oldest one that still runs:
none can appear before that any more. Rows are written before the position that they reach, and a
row that is copied twice replaces itself. So a copier that is killed anywhere goes on, and two at
once do no harm.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, NoReturn

import asyncpg

from projector.analysts.copying.erasures import ErasedRecipients
from projector.analysts.copying.merging import EVERY_S, PartMerger
from projector.analysts.copying.notices import (
    CLICK_COLUMNS,
    NOTICE_COLUMNS,
    click_row,
    notice_id,
    notice_row,
    shows_recipient,
)
from projector.analysts.copying.position import CopyPosition, load_position, save_position
from projector.history.rows import Rows
from runtime.calls.store_retry import StoreRetry
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.postgres.tables import TablesUnavailable, acquire_connection
from runtime.process.clock import steady_clock
from runtime.pseudonyms import Pseudonyms

log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 5_000
POLL_S: Final = 5.0
"""How often to look if there was nothing new: ClickHouse wants few and large blocks."""

_SELECT: Final = """
    SELECT * FROM notifier.{view}
    WHERE changed_xid >= $1 AND (changed_xid, id) > ($1, $2)
      AND changed_xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY changed_xid, id LIMIT $3
"""
_SELECT_EPOCH: Final = """
    SELECT epoch::text, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS begun_before
    FROM notifier.epoch_to_copy
"""


class Source(NamedTuple):
    """A view of the notifier's, and the table that has its copy."""

    view: str
    table: str
    columns: tuple[str, ...]
    make_row: Callable[[Any, int, Pseudonyms], tuple[Any, ...]]


NOTICES: Final = Source("notices_to_copy", "notices", NOTICE_COLUMNS, notice_row)
CLICKS: Final = Source("clicks_to_copy", "clicks", CLICK_COLUMNS, click_row)


class NoticeCopier:
    """Keeps the copies in `analysts` up with the notifier's tables behind `pool`."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        analysts: Analytics,
        history: Analytics,
        pseudonyms: Pseudonyms,
        rows_at_once: int = ROWS_AT_ONCE,
        merge_every_s: float = EVERY_S,
    ) -> None:
        self._pool = pool
        self._analysts = analysts
        self._pseudonyms = pseudonyms
        self._rows_at_once = rows_at_once
        self._erased = ErasedRecipients(analysts, history, pseudonyms)
        self._merger = PartMerger(analysts, steady_clock, merge_every_s)
        self.outbox = StoreRetry("notices to copy", TablesUnavailable)
        self._copies = StoreRetry("copies of notices", AnalyticsError)

    async def run(self) -> NoReturn:
        """Copy for ever, however long either database may be away. The tables must be there."""
        while True:
            if not await self.copy_some():
                await asyncio.sleep(POLL_S)

    async def copy_some(self) -> bool:
        """Copy some rows of each source. Returns False if there were no new ones."""
        await self._copies.attempt_until_available(self._erased.follow)
        notices = await self._copy(NOTICES)
        clicks = await self._copy(CLICKS)
        await self._merger.merge_if_due()
        return clicks or notices

    async def _copy(self, source: Source) -> bool:
        position = await self._copies.attempt_until_available(
            lambda: load_position(self._analysts, source.view)
        )
        after, rows = await self.outbox.attempt_until_available(
            lambda: self._read(source, position)
        )
        if rows:
            await self._copies.attempt_until_available(lambda: self._write(source, after, rows))
        elif after != position:  # An empty source is begun as well, and only once.
            await self._copies.attempt_until_available(
                lambda: save_position(self._analysts, source.view, after)
            )
        return bool(rows)

    async def _read(
        self, source: Source, after: CopyPosition
    ) -> tuple[CopyPosition, list[asyncpg.Record]]:
        """Return the next rows, and the position that they follow: `after`, or the beginning if
        other tables were put in the place of those to which it belongs. Raises
        TablesUnavailable."""
        async with acquire_connection(self._pool) as connection:
            (now,) = await connection.fetch(_SELECT_EPOCH)
            if now["epoch"] != after.epoch or after.changed_xid >= now["begun_before"]:
                log.info("%s are copied from the beginning", source.table)
                after = after.begin_anew(now["epoch"])
            rows: list[asyncpg.Record] = await connection.fetch(
                _SELECT.format(view=source.view), after.changed_xid, after.id, self._rows_at_once
            )
        return after, rows

    async def _write(self, source: Source, before: CopyPosition, found: Sequence[Any]) -> None:
        """Write the rows, and then the position that they reach. Raises AnalyticsError."""
        reached = before.step_to(found[-1]["changed_xid"], found[-1]["id"])
        rows = Rows(source.columns)
        gone = []
        for one in found:
            # A view of before the tombstones has no such column: this process may be the newer one.
            if source is NOTICES and one.get("deleted") and shows_recipient(one):
                gone.append(notice_id(one, self._pseudonyms))
            elif not self._names_erased(source, one):
                rows.add(source.make_row(one, reached.version, self._pseudonyms))
        if len(rows):
            await self._analysts.insert(source.table, rows.columns)
        await self._erased.delete_copies(gone)
        await save_position(self._analysts, source.view, reached)

    def _names_erased(self, source: Source, row: Any) -> bool:
        """Return whether the copy would name an erased person. Rows that name nobody are copied:
        a notice that was dropped because of the erasure must not go on waiting."""
        return (
            source is NOTICES
            and shows_recipient(row)
            and self._erased.covers(str(row["recipient"]), row["happened_at"])
        )
