"""Folds what was parked as if it had never been. Does no I/O.

Parked events come late: other events may have put values into the same rows since, and people may
have been erased. So with the parked events of a key everything is folded again that came to their
rows after them, in the order of the journal. The rows are then those that would be there if
nothing had been parked.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from projector.read_models.batch import BatchPart, EventPlace, Projected, RowBatch
from projector.read_models.read_model import Key


class Erasures(NamedTuple):
    """People who are erased at this point of the order."""

    people: dict[str, int]
    """By person, the position of the erasure."""
    rows: dict[str, list[Key]] | None
    """By table, the keys of the rows that it is about; None if it is about all rows, because the
    erasure itself was parked."""


Step = BatchPart | Erasures


class Refolding:
    """What follows from the parked events of one key."""

    def __init__(self) -> None:
        self.places: Final[list[EventPlace]] = []
        """Places of the parked events that were taken, in order."""
        self.reason: str | None = None
        """Why one of them still cannot be projected; None if all can."""
        self._projectable = 0
        self._entries: list[tuple[Projected, bool]] = []
        self.rows: Final[set[tuple[str, Key]]] = set()
        """Table and key of each row that the parked events touch."""

    @property
    def projectable(self) -> int:
        """How many of the parked events can be projected, from the first one on."""
        return self._projectable

    def take_parked(self, place: EventPlace, event: Projected) -> None:
        """Take the next parked event of the key."""
        self.places.append(place)
        if self.reason is not None:
            return
        if event.letter is not None:
            self.reason = event.letter.reason
            return
        self._projectable += 1
        self._entries.append((event, True))
        self.rows.update((put.table.name, put.key) for put in event.puts)

    def take_other(self, event: Projected) -> None:
        """Take an event that is in the tables already. Most have nothing to do with this key."""
        if not self.rows:
            return
        touches = any((put.table.name, put.key) in self.rows for put in event.puts)
        if touches or event.erased is not None:
            self._entries.append((event, False))

    def fold(self, count: int) -> Iterator[Step]:
        """Yield what the first `count` parked events put into the tables, and what came to their
        rows after them."""
        rows: set[tuple[str, Key]] = set()
        batch, erased = RowBatch(), dict[str, int]()
        for event, parked in self._choose(count):
            puts = [one for one in event.puts if parked or (one.table.name, one.key) in rows]
            if puts and erased:
                yield Erasures(erased, _by_table(rows))
                erased = {}
            if puts:
                batch.add(replace(event, puts=puts, erased=None))
                rows.update((put.table.name, put.key) for put in puts)
            if event.erased is None or not (parked or rows):
                continue
            if batch.row_count:
                yield batch.parts[0]
                batch = RowBatch()
            if parked:
                yield Erasures({event.erased: event.context.seq}, None)
            else:
                erased[event.erased] = event.context.seq
        if batch.row_count:
            yield batch.parts[0]
        if erased:
            yield Erasures(erased, _by_table(rows))

    def _choose(self, count: int) -> Iterator[tuple[Projected, bool]]:
        taken = 0
        for event, parked in self._entries:
            if not parked:
                yield event, False
            elif taken < count:
                taken += 1
                yield event, True


def _by_table(rows: set[tuple[str, Key]]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for table, key in rows:
        found.setdefault(table, []).append(key)
    return found
