"""Sums over the rows of the history, by ranges of positions: of a journal, and of the tables.

A sum of hashes says whether two sets of rows are the same, in whatever order and however often
a row is written. Both sides count each row once. The texts of erased people are left out, because
the tables are emptied of them at some time after the erasure.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from datetime import date
from hashlib import md5
from typing import Any, Final, NamedTuple

from contracts.journal.records import Commit
from projector.history.block import block_of
from projector.history.events import EVENT_COLUMNS
from projector.history.ratings import RATING_COLUMNS
from projector.history.refusals import REFUSAL_COLUMNS
from projector.history.scrubbing import select_erased
from projector.history.versions import Version, table_of
from runtime.clickhouse.port import Analytics, literal

PART: Final = 1_000
"""Positions of one sum."""
RANGE: Final = 200_000
"""Positions that one query reads."""
_MODULUS: Final = 2**64
_BETWEEN: Final = "\x1f"
_ABSENT: Final = "NULL"
_EPOCH: Final = date(1970, 1, 1)


class Sum(NamedTuple):
    """How many rows there are, and the sum of their hashes modulo 2 ** 64."""

    rows: int = 0
    hashes: int = 0


Sums = dict[tuple[str, int], Sum]
"""By table and number of the part."""


class _SummedTable(NamedTuple):
    name: str
    columns: Sequence[str]
    position: str
    owner: str | None = None
    """Column with the person whose text a row has."""
    texts: Sequence[str] = ()
    """Columns that are left out for the erased."""

    def hash_row(self, row: Sequence[Any], erased: Collection[str]) -> int:
        """Return ClickHouse's halfMD5 of the row's values."""
        values = [_write(value) for value in row]
        if self.owner is not None and row[self.columns.index(self.owner)] in erased:
            for text in self.texts:
                values[self.columns.index(text)] = ""
        joined = _BETWEEN.join(values).encode()
        return int.from_bytes(md5(joined, usedforsecurity=False).digest()[:8], "big")

    def select(self, version: Version, first: int, behind: int, seq: int) -> str:
        """Return SQL for the sums of the rows at the positions from `first` to before `behind`.
        Left out are the texts of those whose erasures are in the tables up to `seq`."""
        thousand = f"intDiv({self.position}, {PART}) AS thousand"
        values = ", ".join(self._column(column, version, seq) for column in self.columns)
        joined = f"arrayStringConcat([{values}], {literal(_BETWEEN)})"
        return f"""
            SELECT thousand, count(), sum(hashed) FROM (
                SELECT DISTINCT {thousand}, halfMD5({joined}) AS hashed
                FROM {table_of(self.name, version)}
                WHERE {self.position} >= {first} AND {self.position} < {behind}
            ) GROUP BY thousand
        """

    def _column(self, column: str, version: Version, seq: int) -> str:
        """Return SQL for a value as text. A day is a number, since old servers write the first
        one differently."""
        if column == "day":
            return "toString(toUInt16(day))"
        text = f"ifNull(toString({column}), '{_ABSENT}')"
        if column not in self.texts:
            return text
        erased = f"{select_erased(version)} AND seq <= {seq}"
        return f"if({self.owner} IN ({erased}), '', {text})"


_TABLES: Final = (
    _SummedTable("events", EVENT_COLUMNS, "seq", "words_of", ("words", "words_of")),
    _SummedTable("refusals", REFUSAL_COLUMNS, "seq"),
    _SummedTable("ratings", RATING_COLUMNS, "version", "rater_id", ("tags",)),
)


def sum_commits(commits: Iterable[Commit], erased: Collection[str]) -> Sums:
    """Return the sums of the rows that follow from the Commits."""
    found: Sums = defaultdict(Sum)
    block = block_of(commits)
    for table in _TABLES:
        place = table.columns.index(table.position)
        for row in block.tables[table.name]:
            key = table.name, row[place] // PART
            found[key] = _add(found[key], Sum(1, table.hash_row(row, erased)))
    return dict(found)


def add_sums(total: Sums, more: Sums) -> None:
    """Add the sums to `total`."""
    for key, one in more.items():
        total[key] = _add(total.get(key, Sum()), one)


async def read_erased(analytics: Analytics, version: Version, seq: int) -> frozenset[str]:
    """Return the people whose erasures are in the tables up to `seq`. Raises AnalyticsError."""
    found = await analytics.scan(f"{select_erased(version)} AND seq <= {seq}")
    return frozenset(str(person) for (person,) in found.rows)


async def sum_tables(
    analytics: Analytics, version: Version, seq: int
) -> AsyncGenerator[tuple[int, Sums], None]:
    """Yield the sums of the tables up to `seq`, in parts, each with the position that it comes
    to. Raises AnalyticsError."""
    for first in range(0, seq + 1, RANGE):
        behind = min(first + RANGE, seq + 1)
        found: Sums = {}
        for table in _TABLES:
            answer = await analytics.scan(table.select(version, first, behind, seq))
            for part, rows, hashes in answer.rows:
                found[table.name, int(part)] = Sum(int(rows), int(hashes))
        yield behind - 1, found


def _add(one: Sum, other: Sum) -> Sum:
    return Sum(one.rows + other.rows, (one.hashes + other.hashes) % _MODULUS)


def _write(value: Any) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, date):
        return str((value - _EPOCH).days)
    return str(value)
