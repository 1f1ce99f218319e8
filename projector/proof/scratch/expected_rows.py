"""Gathers the rows that the tables should have, in a scratch file.

Puts to one row that come soon after each other are merged in memory. What they make is appended
to the file as a patch. Reading a table sorts its patches by key, and merges those of each row.

Erasing a person changes no patch: it is noted after which of them it came, and the texts go when
the row is read. `compact` takes them out of the file.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import msgspec

from projector.proof.key_order import Keyed
from projector.proof.scratch.file import Scratch
from projector.read_models.batch import Patch, Projected, RowBatch
from projector.read_models.project import TABLES
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import SCORES, RevealedRating, score_row
from projector.read_models.read_model import NOTHING_MORE, Key, TableShape

PUTS_MAX: Final = 40_000
"""How many puts to gather before they are written."""
PATCHED_TABLES: Final = tuple(table for table in TABLES if table is not SCORES)
REVEALED: Final = "revealed"
"""Holds the revealed ratings by person, from which the rows of `scores` follow."""
COMPACTED: Final = "compacted"

# `part` grows with each erasure: one of part 3 changes what patches up to part 3 have made.
COLUMNS: Final = "(key, part INTEGER, value BLOB)"
CREATE: Final = (
    *(f"CREATE TABLE IF NOT EXISTS rows_of_{table.name} {COLUMNS}" for table in PATCHED_TABLES),
    f"CREATE TABLE IF NOT EXISTS {REVEALED} {COLUMNS}",
    f"DELETE FROM {REVEALED}",
    "CREATE TABLE IF NOT EXISTS erasures (person TEXT, part INTEGER)",
)
INSERT: Final = "INSERT INTO {} VALUES (?, ?, ?)"
COUNT: Final = "SELECT coalesce(max(rowid), 0) FROM {}"
SELECT: Final = "SELECT key, part, value FROM {} ORDER BY key, rowid"
INSERT_ERASURE: Final = "INSERT INTO erasures VALUES (?, ?)"
SELECT_ERASURES: Final = "SELECT person, part FROM erasures ORDER BY rowid"
COMPACT: Final = (
    "DROP TABLE {}",
    f"ALTER TABLE {COMPACTED} RENAME TO {{}}",
)

INTEGER_BITS_MAX: Final = 63
END: Final = 2**INTEGER_BITS_MAX

StoredPatch = tuple[Key, int, bytes]
"""Key, part and encoded patch."""
Erasures = Mapping[str, list[int]]
"""By person, after which parts the person was erased."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class ColumnSet:
    """Some columns of a table, in the order in which a patch states them."""

    def __init__(self, table: TableShape, names: tuple[str, ...]) -> None:
        indexes = {name: index for index, name in enumerate(table.types)}
        self.indexes: Final = [indexes[name] for name in names]
        self._documents: Final = [
            place for place, name in enumerate(names) if table.types[name] == "jsonb"
        ]
        # With two names or more, itemgetter returns a tuple.
        self._get: Final = itemgetter(*names, *names[:1]) if names else None

    def values(self, columns: Mapping[str, Any]) -> list[Any]:
        """Return the values of these columns; documents as JSON, which unlike what `_encode`
        writes holds numbers of any size."""
        if self._get is None:
            return []
        values = list(self._get(columns)[:-1])
        for place in self._documents:
            values[place] = msgspec.json.encode(values[place])
        return values


class PatchCodec:
    """Encodes the patches of one table.

    A patch is a list: the indexes of the columns that it changes, their values, and the same two
    of a new row, unless it makes none. If it states every column, the indexes are None.
    """

    def __init__(self, table: TableShape) -> None:
        self._table = table
        self.names: Final = tuple(table.types)
        self._others: Final = ColumnSet(table, self.names[1:])
        self._documents: Final = [
            index for index, kind in enumerate(table.types.values()) if kind == "jsonb"
        ]
        self._sets: Final[dict[tuple[str, ...], ColumnSet]] = {}
        self._words: Final = [
            (self.names.index(words.owner), self._state(words.erased)) for words in table.words
        ]
        self._gone_with: Final = [self.names.index(name) for name in table.gone_with]

    def encode(self, patch: Patch) -> bytes:
        columns, initial = patch.columns, patch.initial
        if initial is not None and len(columns) == len(self.names) - 1:
            stored = [None, self._others.values(columns)]
        else:
            stored = [*self._state(columns), *(self._state(initial) if initial is not None else ())]
        try:
            return _encode(stored)
        except OverflowError:
            return _encode(_spell_out(stored))

    def _state(self, columns: Mapping[str, Any]) -> tuple[list[int], list[Any]]:
        """Return indexes and values."""
        names = tuple(columns)
        if (columns_set := self._sets.get(names)) is None:
            columns_set = self._sets[names] = ColumnSet(self._table, names)
        return columns_set.indexes, columns_set.values(columns)

    def merge(
        self, key: Key, patches: Iterable[StoredPatch], erasures: Erasures
    ) -> tuple[Any, ...] | None:
        """Return the row that the patches of one key make, None if none of them creates it or an
        erasure has deleted it."""
        row: list[Any] | None = None
        reached = 0
        for _, part, encoded in patches:
            if part != reached:
                row, reached = self._erase(row, erasures, range(reached, part)), part
            indexes, values, *initial = _decode(encoded)
            if indexes is None:
                row = [key, *values]
                continue
            if row is None and initial:
                row = [key] + [None] * (len(self.names) - 1)
                _change(row, *initial)
            # If a row that must exist is absent, nothing is put. The projector has parked that
            # event, and verify counts the dead letter.
            if row is not None:
                _change(row, indexes, values)
        if erasures:
            row = self._erase(row, erasures, range(reached, END))
        if row is None:
            return None
        for index in self._documents:
            row[index] = msgspec.json.decode(row[index])
        return tuple(row)

    def _erase(self, row: list[Any] | None, erasures: Erasures, parts: range) -> list[Any] | None:
        """Return the row as it is after the erasures of these parts."""
        if row is None:
            return None
        for owner, texts in self._words:
            if any(part in parts for part in erasures.get(row[owner], ())):
                for index, instead in zip(*texts, strict=True):
                    if row[index] is not None:
                        row[index] = instead
        for owner in self._gone_with:
            if any(part in parts for part in erasures.get(row[owner], ())):
                return None
        return row


def _stored_name(table: TableShape) -> str:
    return REVEALED if table is SCORES else f"rows_of_{table.name}"


def _change(row: list[Any], indexes: list[int], values: list[Any]) -> None:
    for index, value in zip(indexes, values, strict=True):
        row[index] = value


def _spell_out(value: Any) -> Any:
    """Return the value with every number that is too large for `_encode` as text. No table holds
    such a number either: the projector has parked its event."""
    match value:
        case list():
            return [_spell_out(one) for one in value]
        case int() if value.bit_length() > INTEGER_BITS_MAX:
            return str(value)
        case _:
            return value


class ExpectedRows:
    """The rows of all read models."""

    def __init__(self, scratch: Scratch, puts_max: int = PUTS_MAX) -> None:
        self._scratch = scratch
        self._puts_max = puts_max
        self._codecs = {table.name: PatchCodec(table) for table in PATCHED_TABLES}
        self._batch = RowBatch()
        self._puts = 0
        for statement in CREATE:
            scratch.connection.execute(statement)
        self._erasures: dict[str, list[int]] = {}
        self._part = 0
        for person, part in scratch.connection.execute(SELECT_ERASURES):
            self._erasures.setdefault(person, []).append(part)
            self._part = part + 1

    @property
    def must_write(self) -> bool:
        """Whether it is time to call `write`."""
        return self._puts >= self._puts_max

    def add(self, projected: Projected) -> None:
        """Take what an event puts into the rows, and whom it erases."""
        self._batch.add(projected)
        self._puts += len(projected.puts)

    def write(self) -> None:
        """Write what is in memory to the scratch file."""
        for batch_part in self._batch.parts:
            for table in PATCHED_TABLES:
                encode, patches = self._codecs[table.name].encode, batch_part.patches[table.name]
                rows = ((key, self._part, encode(one)) for key, one in patches.items())
                self._scratch.append(INSERT.format(_stored_name(table)), rows)
            if batch_part.erased:
                people = [(person, self._part) for person in batch_part.erased]
                self._scratch.append(INSERT_ERASURE, people)
                for person, part in people:
                    self._erasures.setdefault(person, []).append(part)
                self._part += 1
        self._batch = RowBatch()
        self._puts = 0

    def count_at_most(self, table: TableShape) -> int:
        """Return a number that is not below that of the table's rows. Everything must be
        written."""
        name = _stored_name(table)
        count: int = self._scratch.connection.execute(COUNT.format(name)).fetchone()[0]
        return count

    async def rows(self, table: TableShape) -> AsyncIterator[list[Keyed]]:
        """Yield the rows of a table in parts, ordered by key. Everything must be written, and
        the rows of `ratings` must be read before those of `scores`, which follow from them."""
        if table is SCORES:
            async for scores in self._scores():
                yield scores
            return
        codec = self._codecs[table.name]
        erasures = self._erasures if table.owners else {}
        async for part in self._groups(_stored_name(table)):
            rows: list[Keyed] = [
                (key, row)
                for key, patches in groupby(part, itemgetter(0))
                if (row := codec.merge(key, patches, erasures)) is not None
            ]
            if table is RATINGS:
                self._keep_revealed(rows)
            yield rows

    async def compact(self) -> None:
        """Take the texts of erased people out of the scratch file. Everything must be written."""
        if not self._erasures:
            return
        for table in PATCHED_TABLES:
            if table.owners:
                self._scratch.connection.execute(f"CREATE TABLE {COMPACTED} {COLUMNS}")
                async for part in self.rows(table):
                    self._scratch.append(INSERT.format(COMPACTED), self._encode_rows(table, part))
                for statement in COMPACT:
                    self._scratch.connection.execute(statement.format(_stored_name(table)))
        self._scratch.connection.execute("DELETE FROM erasures")
        self._erasures.clear()

    def _encode_rows(
        self, table: TableShape, rows: list[Keyed]
    ) -> Iterator[tuple[Key, int, bytes]]:
        codec = self._codecs[table.name]
        for key, row in rows:
            columns = dict(zip(codec.names[1:], row[1:], strict=True))
            yield key, 0, codec.encode(Patch(columns, NOTHING_MORE))

    async def _scores(self) -> AsyncIterator[list[Keyed]]:
        async for part in self._groups(_stored_name(SCORES)):
            yield [
                (
                    person_id,
                    score_row(person_id, (RevealedRating(*_decode(one)) for *_, one in ratings)),
                )
                for person_id, ratings in groupby(part, itemgetter(0))
            ]

    def _keep_revealed(self, ratings: list[Keyed]) -> None:
        names = self._codecs[RATINGS.name].names
        ratee_id, revealed_at = names.index("ratee_id"), names.index("revealed_at")
        needed = [names.index(name) for name in RevealedRating._fields]
        self._scratch.append(
            INSERT.format(REVEALED),
            (
                (row[ratee_id], 0, _encode([row[index] for index in needed]))
                for _, row in ratings
                if row[revealed_at] is not None
            ),
        )

    async def _groups(self, name: str) -> AsyncIterator[list[StoredPatch]]:
        """Yield what is stored under `name` in parts, ordered by key. All that belongs to one
        key is in one part."""
        rest: list[StoredPatch] = []
        async for rows in self._scratch.select(SELECT.format(name)):
            rest += rows
            last = rest[-1][0]
            whole = len(rest)
            while whole and rest[whole - 1][0] == last:
                whole -= 1
            if whole:
                yield rest[:whole]
                rest = rest[whole:]
        if rest:
            yield rest
