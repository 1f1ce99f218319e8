"""A table by range of positions, in order, part by part, each row once."""

from collections.abc import AsyncGenerator
from typing import Final, NamedTuple

from projector.analytics.encodings import Encoder
from runtime.clickhouse import Analytics

TABLES: Final = {
    "events": ("seq", "seq, event_index"),
    "refusals": ("seq", "seq, part"),
    "ratings": ("version", "version, event_index, review_id"),
}
"""By table: the column of the position, and the key in order of the journal."""

PART_POSITIONS: Final = 20_000


class Range(NamedTuple):
    """Positions, both included."""

    first: int
    last: int


class Part(NamedTuple):
    done: int
    """Rows so far, this part's included."""
    data: bytes


async def row_count(analytics: Analytics, table: str, positions: Range) -> int:
    """Raises AnalyticsError."""
    place, key = TABLES[table]
    answer = await analytics.scan(
        f"SELECT uniqExact({key}) FROM {table} WHERE {place} BETWEEN %(first)s AND %(last)s",
        positions._asdict(),
    )
    return int(answer.rows[0][0])


async def export(
    analytics: Analytics,
    table: str,
    positions: Range,
    encoder: Encoder,
    part_positions: int = PART_POSITIONS,
) -> AsyncGenerator[Part, None]:
    """The rows of `table`; the last part closes the file. Raises AnalyticsError.

    Memory is bounded by a part, whatever the range.
    """
    place, key = TABLES[table]
    sql = f"SELECT * FROM {table} FINAL WHERE {place} BETWEEN %(first)s AND %(last)s ORDER BY {key}"
    done = 0
    for first in range(positions.first, positions.last + 1, part_positions):
        last = min(first + part_positions - 1, positions.last)
        answer = await analytics.scan(sql, {"first": first, "last": last})
        done += len(answer.rows)
        # An empty part still brings the columns, which a file without rows needs, too.
        yield Part(done, encoder.encode(answer))
    yield Part(done, encoder.finish())
