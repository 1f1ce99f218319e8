"""Exports a table by a range of positions: in order, part by part, each row once."""

import asyncio
import base64
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from query_api.analysts.encodings import Encoder
from runtime.clickhouse.port import Analytics, AnalyticsError

log = logging.getLogger(__name__)

TABLES: Final = {
    "events": ("seq", "seq, event_index"),
    "refusals": ("seq", "seq, part"),
    "ratings": ("version", "version, event_index, review_id"),
}
"""By table: the column of the position, and the key that puts rows in the journal's order."""

PART_POSITIONS: Final = 20_000
"""How many positions one part covers."""
FRAME_BYTES_MAX: Final = 192 * 1024


_SELECT_FILLINGS: Final = "SELECT DISTINCT reader FROM history_position"


class RefilledMeanwhile(AnalyticsError):
    """The tables were emptied while they were exported: what came before and after does not
    belong together."""


class PositionRange(NamedTuple):
    """Positions, both included."""

    first: int
    last: int


class ExportPart(NamedTuple):
    """A piece of the file."""

    done: int
    """Rows so far, this part's included."""
    data: bytes


class ExportEnd(NamedTuple):
    """Facts that the last line of a framed export states, beside the size and the sum."""

    first: int
    last: int
    """The positions that the file covers, both included; fewer than were asked for if the tables
    are not as far yet. None if `last` is less."""
    newest: int
    """The position up to which the tables are complete."""
    filling: str
    """Names the version and the pseudonyms under which the tables were filled. Rows of two
    fillings do not belong into one file."""

    def describe(self) -> dict[str, Any]:
        return {
            "from": self.first,
            "to": self.last,
            "position": self.newest,
            "filling": self.filling,
        }


async def find_filling(analytics: Analytics) -> str:
    """Return the name of the tables' filling; empty if nothing is in them. Raises
    RefilledMeanwhile while they are being emptied, and AnalyticsError."""
    rows = (await analytics.query(_SELECT_FILLINGS)).rows
    if len(rows) > 1:
        raise RefilledMeanwhile("the tables are being filled anew; try again later")
    return str(rows[0][0]) if rows else ""


async def guard_filling(
    parts: AsyncGenerator[ExportPart, None], analytics: Analytics, filling: str
) -> AsyncGenerator[ExportPart, None]:
    """Yield the parts. Raises RefilledMeanwhile before the last one if the tables were filled
    anew in between, and AnalyticsError."""
    held: ExportPart | None = None
    async with aclosing(parts):
        async for part in parts:
            if held is not None:
                yield held
            held = part
    if await find_filling(analytics) != filling:
        raise RefilledMeanwhile("the tables are being filled anew; try again later")
    if held is not None:
        yield held


async def count_rows(analytics: Analytics, table: str, positions: PositionRange) -> int:
    """Return how many rows an export has, each counted once. Raises AnalyticsError."""
    place, key = TABLES[table]
    answer = await analytics.scan(
        f"SELECT uniqExact({key}) FROM {table} WHERE {place} BETWEEN %(first)s AND %(last)s",
        positions._asdict(),
    )
    return int(answer.rows[0][0])


async def export_table(
    analytics: Analytics,
    table: str,
    positions: PositionRange,
    encoder: Encoder,
    part_positions: int = PART_POSITIONS,
) -> AsyncGenerator[ExportPart, None]:
    """Yield the rows of `table`; the last part closes the file. Raises AnalyticsError.

    Holds one part in memory, whatever the range. Rows are encoded in a thread, because the
    process also answers people's reads.
    """
    place, key = TABLES[table]
    sql = f"SELECT * FROM {table} FINAL WHERE {place} BETWEEN %(first)s AND %(last)s ORDER BY {key}"
    done = 0
    for first in range(positions.first, positions.last + 1, part_positions):
        last = min(first + part_positions - 1, positions.last)
        answer = await analytics.scan(sql, {"first": first, "last": last})
        done += len(answer.rows)
        # An empty part still brings the columns, which a file without rows needs, too.
        yield ExportPart(done, await asyncio.to_thread(encoder.encode, answer))
    yield ExportPart(done, await asyncio.to_thread(encoder.finish))


async def stream_bare(parts: AsyncGenerator[ExportPart, None]) -> AsyncGenerator[bytes, None]:
    """Yield the file itself. If a part fails, the connection breaks: nobody takes half a file
    for a whole one. Raises AnalyticsError."""
    async with aclosing(parts):
        async for part in parts:
            yield part.data


async def stream_framed(
    parts: AsyncGenerator[ExportPart, None], rows: int, end: ExportEnd
) -> AsyncGenerator[bytes, None]:
    """Yield the file inside lines of JSON, of which the last one says whether the file is whole,
    and what `end` says. `rows` is how many rows it will have."""
    digest = sha256()
    size = done = 0
    try:
        async with aclosing(parts):
            async for part in parts:
                digest.update(part.data)
                size, done = size + len(part.data), part.done
                for start in range(0, len(part.data), FRAME_BYTES_MAX):
                    data = part.data[start : start + FRAME_BYTES_MAX]
                    yield _encode_line(
                        {"done": done, "of": rows, "data": base64.b64encode(data).decode()}
                    )
    except AnalyticsError as error:
        log.warning("export broken off", extra={"reason": type(error).__name__})
        yield _encode_line({"ok": False, "problem": str(error)})
    else:
        sums = {"rows": done, "bytes": size, "sha256": digest.hexdigest()}
        yield _encode_line({"ok": True, **sums, **end.describe()})


def _encode_line(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value) + b"\n"
