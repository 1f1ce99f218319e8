"""Folds what was parked as if it had never been. Does no I/O.

Parked events come late: other events may have put values into the same rows since, and people may
have been erased. So with the parked events of a key everything is folded again that came to their
rows after them, in the order of the journal. A parked erasure takes a person's texts from all rows,
so everything is folded again that the person has put anywhere since. The rows are then those that
would be there if nothing had been parked.
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from contracts.journal.places import EventPlace
from projector.read_models.batch import BatchPart, Projected, RowBatch
from projector.read_models.read_model import Key

Row = tuple[str, Key]
"""Table and key of a row."""


class Erasures(NamedTuple):
    """People who are erased at this point of the order."""

    people: dict[str, int]
    """By person, the position of the erasure."""
    rows: dict[str, list[Key]] | None
    """By table, the keys of the rows that it is about; None if it is about all rows, because the
    erasure itself was parked."""


Step = BatchPart | Erasures


class _Entry(NamedTuple):
    event: Projected
    own: bool
    """Whether it is parked under this key."""
    parked_at: EventPlace | None
    """Its place if it was parked under another key."""


class Refolding:
    """Folds the parked events of one key, together with the other events of their rows."""

    def __init__(self, projected: Collection[EventPlace] = ()) -> None:
        """`projected` has, whenever `fold` is called, the places of other keys' events that got
        into the tables since they were taken."""
        self._projected = projected
        self.places: Final[list[EventPlace]] = []
        """Places of the parked events that were taken, in order."""
        self.reason: str | None = None
        """Why one of them still cannot be projected; None if all can."""
        self._own: Final[list[Projected]] = []
        self._entries: Final[list[_Entry]] = []
        self._rows: Final[set[Row]] = set()
        """Rows that are folded again from here on."""
        self._erased: Final[set[str]] = set()
        """People whose erasures are among the parked events."""

    @property
    def projectable(self) -> int:
        """How many of the parked events can be projected, from the first one on."""
        return len(self._own)

    def last_erasure(self, count: int) -> int:
        """Return the position of the last erasure among the first `count` parked events, 0 if
        there is none."""
        erasures = (one.context.seq for one in self._own[:count] if one.erased is not None)
        return max(erasures, default=0)

    @property
    def erased(self) -> set[str]:
        """Everybody whose texts are written and emptied again if the parked events are folded."""
        steps = self.fold(self.projectable)
        return {one for step in steps if isinstance(step, Erasures) for one in step.people}

    def take_parked(self, place: EventPlace, event: Projected) -> None:
        """Take the next parked event of the key."""
        self.places.append(place)
        if self.reason is not None:
            return
        if event.letter is not None:
            self.reason = event.letter.reason
            return
        self._own.append(event)
        self._entries.append(_Entry(event, True, None))
        self._rows.update(rows_of(event))
        if event.erased is not None:
            self._erased.add(event.erased)

    def take_other(self, event: Projected, parked_at: EventPlace | None = None) -> None:
        """Take an event that is in the tables already, or is parked under another key at
        `parked_at`. Most have nothing to do with this key."""
        if event.is_of(self._erased):
            self._rows.update(rows_of(event))
        elif not self._rows or (event.erased is None and self._rows.isdisjoint(rows_of(event))):
            return
        self._entries.append(_Entry(event, False, parked_at))

    def fold(self, count: int) -> Iterator[Step]:
        """Yield what the first `count` parked events put into the tables, and what is to be put
        there again after them."""
        rows: set[Row] = set()
        gone: set[str] = set()
        batch, erased = RowBatch(), dict[str, int]()
        for event, own, _ in self._choose(count):
            whole = own or event.is_of(gone)
            puts = [one for one in event.puts if whole or (one.table.name, one.key) in rows]
            if puts and erased:
                yield Erasures(erased, _by_table(rows))
                erased = {}
            if puts:
                batch.add(replace(event, puts=puts, erased=None))
                rows.update((put.table.name, put.key) for put in puts)
            if event.erased is None or not (own or rows):
                continue
            if batch.row_count:
                yield batch.parts[0]
                batch = RowBatch()
            if own:
                gone.add(event.erased)
                yield Erasures({event.erased: event.context.seq}, None)
            else:
                erased[event.erased] = event.context.seq
        if batch.row_count:
            yield batch.parts[0]
        if erased:
            yield Erasures(erased, _by_table(rows))

    def _choose(self, count: int) -> Iterator[_Entry]:
        taken = 0
        for entry in self._entries:
            if entry.own:
                taken += 1
            if taken <= count if entry.own else self._is_in_tables(entry):
                yield entry

    def _is_in_tables(self, entry: _Entry) -> bool:
        return entry.parked_at is None or entry.parked_at in self._projected


def rows_of(event: Projected) -> Iterator[Row]:
    """Yield the rows that the event touches."""
    return ((put.table.name, put.key) for put in event.puts)


def _by_table(rows: set[Row]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for table, key in rows:
        found.setdefault(table, []).append(key)
    return found
