"""Writes the history to ClickHouse: blocks of rows, then the position that they reach.

It needs no transaction. The position is written last, so after a crash in between the same
Commits are written again, and the tables replace rows of equal key. For the same reason two
writers at once do no harm.
"""

from typing import Final

from projector.history.block import Block
from projector.history.versions import LIVE, POSITION, Version, table_of
from runtime.clickhouse.migrations import READER
from runtime.clickhouse.port import Analytics
from runtime.following.stored_position import position_from, position_values
from runtime.journal.tail import START, Position

_POSITION_COLUMNS: Final = ("reader", "log_offset", "term", "seq", "hash", "nonce", "open")
_SELECT_POSITION: Final = """
    SELECT log_offset, term, seq, hash, nonce, open FROM {table}
    WHERE reader = %(reader)s ORDER BY seq DESC LIMIT 1
"""


class ClickHouseSink:
    """The tables must exist (`runtime.clickhouse.migrations`). Methods raise AnalyticsError."""

    def __init__(self, analytics: Analytics, reader: str = READER, version: Version = LIVE) -> None:
        """`reader` is the name under which the tables store their position."""
        self._analytics = analytics
        self._reader = reader
        self._version = version

    async def position(self) -> Position:
        """Return the stored position, `START` if nothing was written yet."""
        table = table_of(POSITION, self._version)
        select = _SELECT_POSITION.format(table=table)
        answer = await self._analytics.query(select, {"reader": self._reader})
        if not answer.rows:
            return START
        return position_from(answer.rows[0])

    async def write(self, block: Block, reached: Position) -> None:
        """Write the block, then the position. After an error any part of it may have been
        written: write it again."""
        for table, rows in block.tables.items():
            await self._analytics.insert(table_of(table, self._version), rows.columns)
        table = table_of(POSITION, self._version)
        await self._analytics.insert(table, _position_row(self._reader, reached))


def _position_row(reader: str, reached: Position) -> dict[str, list[object]]:
    *values, is_open = position_values(reached)
    row = zip(_POSITION_COLUMNS, (reader, *values, int(is_open)), strict=True)
    return {column: [value] for column, value in row}
