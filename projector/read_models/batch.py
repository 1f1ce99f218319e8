"""Gathers what many events put into the tables, and merges it row by row."""

from collections.abc import Container, Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct

from contracts.events.stored.domain_event import DomainEvent
from projector.read_models.project import TABLES
from projector.read_models.read_model import EventContext, Key, Put


class DeadLetter(NamedTuple):
    """An event that was parked instead of projected."""

    seq: int
    event_index: int
    type: str
    key: str | None
    """The key that stops because of it; None if none does."""
    payload: str
    """The stored event, as text."""
    reason: str
    request_id: str | None
    """By it logs tell what caused the event; None if the journal does not say."""


class Projected(Struct, frozen=True, gc=False):
    """The puts, or the dead letter, that come of an event of a Commit or of the Commit itself."""

    key: str | None
    """Key of the rows that it changes; None if it changes none."""
    context: EventContext
    event: DomainEvent | None
    """None if it cannot be decoded, or if this stands for the Commit itself."""
    puts: list[Put]
    letter: DeadLetter | None = None
    erased: str | None = None
    """The person whose texts go from all rows, after these puts."""

    def is_of(self, people: Container[str]) -> bool:
        """Return whether one of these people typed a text of these puts, or owns one."""
        return any(
            self.context.actor in people or any(one in people for one in put.owners())
            for put in self.puts
            if put.table.owners
        )


class Patch(Struct, gc=False):
    """All puts to one row, merged. Its fields are those of a Put."""

    columns: Mapping[str, Any]
    initial: Mapping[str, Any] | None

    def add(self, put: Put) -> None:
        self.columns = {**self.columns, **put.columns}
        if self.initial is None:
            self.initial = put.initial


class BatchPart:
    """Patches by table and key, and the people who are erased after them."""

    def __init__(self) -> None:
        self.patches: Final[dict[str, dict[Key, Patch]]] = {table.name: {} for table in TABLES}
        self.erased: Final[dict[str, int]] = {}
        """By person, the position of the erasure."""

    def add(self, put: Put) -> None:
        patches = self.patches[put.table.name]
        if (patch := patches.get(put.key)) is None:
            patches[put.key] = Patch(put.columns, put.initial)
        else:
            patch.add(put)


class RowBatch:
    """What one transaction writes: parts, one after another, and dead letters.

    A part ends only where somebody who was erased in it writes again. All other puts come to
    the same before and after the erasures.
    """

    def __init__(self, events: Iterable[Projected] = ()) -> None:
        self.parts: Final[list[BatchPart]] = [BatchPart()]
        self.letters: Final[list[DeadLetter]] = []
        for event in events:
            self.add(event)

    @property
    def row_count(self) -> int:
        return sum(len(patches) for part in self.parts for patches in part.patches.values())

    @property
    def erased(self) -> dict[str, int]:
        """Everybody who is erased, with the position of the last erasure."""
        return {person: seq for part in self.parts for person, seq in part.erased.items()}

    def add(self, event: Projected) -> None:
        """Add what an event puts, after everything that was added before."""
        if event.letter is not None:
            self.letters.append(event.letter)
        part = self.parts[-1]
        if part.erased and event.is_of(part.erased):
            part = BatchPart()
            self.parts.append(part)
        for put in event.puts:
            part.add(put)
        if event.erased is not None:
            part.erased[event.erased] = event.context.seq
