"""Keeps the read models in memory, for tests and simulations.

The same puts make the same rows here as in PostgreSQL.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from operator import itemgetter
from sys import intern
from typing import Any, Final

from contracts.journal.places import EventPlace
from projector.read_models.batch import DeadLetter, RowBatch
from projector.read_models.ports import WrongRank
from projector.read_models.project import TABLES
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import (
    SCORES,
    RevealedRating,
    changes_scores,
    score_row,
)
from projector.read_models.read_model import Key, Put, TableShape, Words
from runtime.following.reader import Step
from runtime.journal.tail import START, Position
from runtime.postgres.tables import Fenced, RowsRefused

SNAPSHOT_ROWS: Final = 500
COLUMN_INDEXES: Final = {
    table.name: {name: index for index, name in enumerate(table.types)} for table in TABLES
}

Row = tuple[Any, ...]
"""Values in the order of the table's columns. There may be millions of rows: the garbage
collector soon stops looking at tuples of plain values, and equal texts are shared.
"""


class MemoryTables:
    """The rows of all read models."""

    def __init__(self) -> None:
        self.rows: Final[dict[str, dict[Key, Row]]] = {table.name: {} for table in TABLES}
        """By name of the table, then by key."""
        self._owned: Final[dict[tuple[str, str], dict[Key, set[Key]]]] = {
            (table.name, column): {} for table in TABLES for column in table.owners
        }
        """By name of the table, column with a person's id, and person: keys of the rows in which
        the person stands there, or once stood."""
        self._reviews_of: Final[dict[Key, set[Key]]] = {}
        self._unscored: Final[set[Key]] = set()
        """People whose ratings have changed since the last `score`."""

    def put(self, put: Put) -> bool:
        """Put values into a row. Returns False, and changes nothing, if the row must exist but
        does not. Scores only change when `score` is called."""
        return self._put(put.table, put.key, put.columns, put.initial)

    def erase(self, people: Collection[Key]) -> None:
        """Take the texts of these people from all rows, and delete the rows that go with them."""
        for table in TABLES:
            for words in table.words:
                for person in people:
                    self._erase_words(table, words, person)
            for column in table.gone_with:
                for person in people:
                    for key in self._find_owned(table, column, person):
                        del self.rows[table.name][key]

    def score(self) -> Iterator[None]:
        """Compute the scores of everybody whose ratings have changed. Yields after each person,
        so that the caller can pause; exhaust it."""
        scores = self.rows[SCORES.name]
        while self._unscored:
            person_id = self._unscored.pop()
            if revealed := self._find_revealed(person_id):
                scores[person_id] = tuple(score_row(person_id, revealed))
            yield

    def apply(self, batch: RowBatch) -> None:
        """Apply a whole batch, scores included. Raises RowsRefused, and changes nothing, if a
        row must exist but does not."""
        self._demand_rows(batch)
        for part in batch.parts:
            for table in TABLES:
                for key, patch in part.patches[table.name].items():
                    self._put(table, key, patch.columns, patch.initial)
            self.erase(part.erased)
        for _ in self.score():
            pass

    def row(self, table: TableShape, key: Key) -> dict[str, Any]:
        """Return one row by column name. Raises KeyError if there is none."""
        return dict(zip(table.types, self.rows[table.name][key], strict=True))

    def _put(
        self,
        table: TableShape,
        key: Key,
        columns: Mapping[str, Any],
        initial: Mapping[str, Any] | None,
    ) -> bool:
        done = _put(table, self.rows[table.name], key, columns, initial)
        if done:
            self._note_owners(table, key, columns)
        if done and table is RATINGS and changes_scores(columns):
            ratee_id = self.rows[table.name][key][COLUMN_INDEXES[table.name]["ratee_id"]]
            self._reviews_of.setdefault(ratee_id, set()).add(key)
            self._unscored.add(ratee_id)
        return done

    def _demand_rows(self, batch: RowBatch) -> None:
        for table in TABLES:
            known = self.rows[table.name].keys()
            created: set[Key] = set()
            for part in batch.parts:
                patches = part.patches[table.name].items()
                created.update(key for key, patch in patches if patch.initial is not None)
                for key, _ in patches:
                    if key not in known and key not in created:
                        raise RowsRefused(f"{table.name} has no row {key}")

    def _note_owners(self, table: TableShape, key: Key, columns: Mapping[str, Any]) -> None:
        for column in table.owners:
            owner = key if column == table.key else columns.get(column)
            if owner is not None:
                self._owned[table.name, column].setdefault(owner, set()).add(key)

    def _find_owned(self, table: TableShape, column: str, person: Key) -> list[Key]:
        """Return the keys of the rows in which the person stands in this column."""
        rows, index = self.rows[table.name], COLUMN_INDEXES[table.name][column]
        known = self._owned[table.name, column].get(person, ())
        return [key for key in known if key in rows and rows[key][index] == person]

    def _erase_words(self, table: TableShape, words: Words, person: Key) -> None:
        rows, indexes = self.rows[table.name], COLUMN_INDEXES[table.name]
        for key in self._find_owned(table, words.owner, person):
            values = list(rows[key])
            for name, instead in words.erased.items():
                if values[indexes[name]] is not None:
                    values[indexes[name]] = instead
            rows[key] = tuple(values)

    def _find_revealed(self, person_id: Key) -> list[RevealedRating]:
        reviews = (self.row(RATINGS, key) for key in self._reviews_of[person_id])
        return [
            RevealedRating(*(row[name] for name in RevealedRating._fields))
            for row in reviews
            if row["revealed_at"] is not None
        ]


class MemorySink:
    """Implements `projector.read_models.ports.Sink` for one event loop."""

    def __init__(self) -> None:
        self.tables: Final = MemoryTables()
        self.letters: Final[list[DeadLetter]] = []
        self._position = START
        self._last_erasure = 0

    @property
    def reached(self) -> Position:
        return self._position

    async def position(self) -> Position:
        return self._position

    async def stopped_keys(self) -> frozenset[str]:
        return frozenset(letter.key for letter in self.letters if letter.key is not None)

    async def dropped(self) -> frozenset[EventPlace]:
        """Return nothing: nobody operates these tables."""
        return frozenset()

    async def write(self, batch: RowBatch, step: Step) -> None:
        if step.expected != self._position:
            raise Fenced(f"at {self._position}, not at {step.expected}")
        self.tables.apply(batch)
        self.letters.extend(batch.letters)
        self._position = step.reached
        self._last_erasure = max((self._last_erasure, *batch.erased.values()))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["MemorySnapshot"]:
        yield MemorySnapshot(self._position, len(self.letters), self._last_erasure, self.tables)


class MemorySnapshot:
    """A copy of the rows as they are when it is made."""

    def __init__(
        self, position: Position, letters: int, last_erasure: int, tables: MemoryTables
    ) -> None:
        self._position = position
        self._letters = letters
        self._last_erasure = last_erasure
        self._rows: Mapping[str, Sequence[Row]] = {
            name: sorted(rows.values(), key=itemgetter(0)) for name, rows in tables.rows.items()
        }

    async def position(self) -> Position:
        return self._position

    async def dead_letters(self) -> int:
        return self._letters

    async def dropped(self) -> frozenset[EventPlace]:
        return frozenset()

    async def last_erasure(self) -> int:
        return self._last_erasure

    async def hold(self, tables: Collection[TableShape]) -> None:
        """Do nothing: this is a copy."""

    async def rows(self, table: TableShape) -> AsyncIterator[Sequence[Sequence[Any]]]:
        rows = self._rows[table.name]
        for start in range(0, len(rows), SNAPSHOT_ROWS):
            yield rows[start : start + SNAPSHOT_ROWS]

    async def wrong_ranks(self) -> Sequence[WrongRank]:
        """Return nothing: in memory no rank is kept beside an announcement."""
        return ()


def _put(
    table: TableShape,
    rows: dict[Key, Row],
    key: Key,
    columns: Mapping[str, Any],
    initial: Mapping[str, Any] | None,
) -> bool:
    if (row := rows.get(key)) is not None:
        indexes, values = COLUMN_INDEXES[table.name], list(row)
        for name, value in columns.items():
            values[indexes[name]] = _share_text(value)
    elif initial is not None:
        given = {**initial, **columns, table.key: key}
        values = [_share_text(given[name]) for name in table.types]
    else:
        return False
    rows[key] = tuple(values)
    return True


def _share_text(value: Any) -> Any:
    return intern(value) if type(value) is str else value
