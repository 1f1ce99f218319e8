"""Gathers what many events put into the tables, and merges it row by row."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from contracts.events.domain_event import DomainEvent
from projector.read_models.project import TABLES
from projector.read_models.read_model import Key, Put


class DeadLetter(NamedTuple):
    """An event that was parked instead of projected."""

    seq: int
    event_index: int
    """Within its Commit, from 0; -1 for the Commit's outcome itself."""
    type: str
    key: str | None
    """The key that stops because of it; None if none does."""
    payload: str
    """The stored event, as text."""
    reason: str


class Projected(NamedTuple):
    """The puts, or the dead letter, that come of an event of a Commit or of the Commit itself."""

    key: str | None
    """Key of the rows that it changes; None if it changes none."""
    event: DomainEvent | None
    """None if it cannot be decoded, or if this stands for the Commit itself."""
    puts: list[Put]
    letter: DeadLetter | None = None


class Patch:
    """All puts to one row, merged. Its fields are those of a Put."""

    __slots__ = ("columns", "initial")

    def __init__(self, put: Put) -> None:
        self.columns: dict[str, Any] = dict(put.columns)
        self.initial: Mapping[str, Any] | None = put.initial

    def add(self, put: Put) -> None:
        self.columns.update(put.columns)
        if self.initial is None:
            self.initial = put.initial


class RowBatch:
    """The rows that one transaction writes: patches by table and key, and dead letters."""

    def __init__(self, events: Iterable[Projected] = ()) -> None:
        self.patches: Final[dict[str, dict[Key, Patch]]] = {table.name: {} for table in TABLES}
        self.letters: Final[list[DeadLetter]] = []
        for event in events:
            self._add(event)

    @property
    def row_count(self) -> int:
        return sum(len(patches) for patches in self.patches.values())

    def _add(self, event: Projected) -> None:
        if event.letter is not None:
            self.letters.append(event.letter)
        for put in event.puts:
            patches = self.patches[put.table.name]
            if (patch := patches.get(put.key)) is None:
                patches[put.key] = Patch(put)
            else:
                patch.add(put)
