"""Defines what the projector needs of a database: tables to write, and a snapshot to read."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

from contracts.journal.places import EventPlace
from projector.read_models.batch import RowBatch
from projector.read_models.read_model import TableShape
from runtime.following.reader import Step
from runtime.journal.tail import Position


class WrongRank(NamedTuple):
    """An announcement whose rank is not the one of its author."""

    announcement_id: str
    score: float
    """The author's rank in `scores`, 0 without a score."""
    author_rank: float
    """The rank stored with the announcement."""


class Sink(Protocol):
    """Tables, and the position up to which they follow the journal."""

    async def position(self) -> Position:
        """Return the position, `START` if nothing was written yet. Raises TablesUnavailable."""
        ...

    async def stopped_keys(self) -> frozenset[str]:
        """Return the keys of the dead letters. Raises TablesUnavailable."""
        ...

    async def dropped(self) -> frozenset[EventPlace]:
        """Return the events that operators have dropped. Raises TablesUnavailable."""
        ...

    async def write(self, batch: RowBatch, step: Step) -> None:
        """Write the whole batch and the new position, or nothing. Raises TablesUnavailable,
        RowsRefused, and Fenced if the tables are not at the expected position."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager["TablesSnapshot"]:
        """Open a snapshot of the tables; it lasts as long as the context."""
        ...


class TablesSnapshot(Protocol):
    """The tables at one moment. Every method raises TablesUnavailable."""

    async def position(self) -> Position: ...

    async def dead_letters(self) -> int:
        """Return how many events are parked."""
        ...

    async def dropped(self) -> frozenset[EventPlace]:
        """Return the events that operators have dropped."""
        ...

    async def last_erasure(self) -> int:
        """Return the position at which a person was last erased, 0 if none was."""
        ...

    async def hold(self, tables: Collection[TableShape]) -> None:
        """Wait until nobody rewrites one of these tables, which may take long, and let nobody do
        so before the snapshot ends."""
        ...

    def rows(self, table: TableShape) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield all rows in parts, ordered by key: numbers by size, texts by code point. A row's
        values are in the order of the table's columns."""
        ...

    async def wrong_ranks(self) -> Sequence[WrongRank]:
        """Return the announcements that are not over and whose `author_rank` differs from the
        scores of this snapshot. That column is not part of the TableShape."""
        ...
