"""What the projector needs of its surroundings: tables to write and to read at one moment,
and the votes in the history that verify holds against them."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from projector.read_models.batch import Batch
from projector.read_models.projections.scores import RevealedRating
from projector.read_models.read_model import Key, TableShape
from runtime.journal.tail import Position


class Step(NamedTuple):
    """From one position to the next; all rows between them go with it."""

    expected: Position
    reached: Position
    decided_at: datetime | None
    """Log time at the reached position; None where no record of the batch has one."""


class WrongRank(NamedTuple):
    """An evening that is not ranked as its host is."""

    announcement_id: str
    score: float
    """The host's rank in `scores`, 0 where they have none."""
    author_rank: float
    """The one beside the evening."""


class Sink(Protocol):
    """Tables, and the position up to which they follow the journal."""

    async def position(self) -> Position:
        """`START` where nothing was written yet. Raises TablesUnavailable."""
        ...

    async def stopped_keys(self) -> frozenset[str]:
        """Keys of the dead letters. Raises TablesUnavailable."""
        ...

    async def write(self, batch: Batch, step: Step) -> None:
        """All of it and the new position, or nothing. Raises TablesUnavailable, RowsRefused,
        and Fenced where the tables are not at the expected position."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager["Snapshot"]:
        """The tables as they are at one moment, for as long as the context lives."""
        ...


class Snapshot(Protocol):
    """Raises TablesUnavailable throughout."""

    async def position(self) -> Position: ...

    async def dead_letters(self) -> int: ...

    def rows(self, table: TableShape) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """All rows in parts, each row's values in the order of the table's columns."""
        ...

    async def wrong_ranks(self) -> Sequence[WrongRank]:
        """Where `announcements.author_rank`, which is no column of a TableShape, is not what the
        scores of this snapshot say, among evenings that are not over."""
        ...


class VotesInHistory(Protocol):
    """The votes as ClickHouse has them."""

    @property
    def position(self) -> int:
        """seq up to which they follow the journal."""
        ...

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Whether they have come to `seq`, within `wait_s`."""
        ...

    def people(self, seq: int) -> AsyncGenerator[tuple[Key, list[RevealedRating]], None]:
        """Everybody of whom a review was revealed up to `seq`, with all that were. Raises
        AnalyticsError."""
        ...
