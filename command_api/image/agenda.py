"""Keeps the deadlines of all aggregates, at which the leader gives itself a command.

Every process keeps the agenda from accepted changes; only the leader acts on it. An entry goes
when an accepted change says so, not when the leader has acted on it, so that nothing is lost
if the leader changes in between.

With a store, only the deadlines of the near future are in memory, and those that are not in
the store yet. The leader reads further ones as time goes on.
"""

import heapq
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from command_api.domain.deadline import Deadline, DeadlineRule, NoDeadline
from command_api.domain.layer import COLLECTIONS, Layer
from command_api.domain.nouns import NOUNS
from command_api.image.store import ImageStore

NEAR: Final = timedelta(hours=1)
"""How far ahead deadlines are read from the store."""
RULES: Final = [
    (COLLECTIONS.index(noun.deadlines.collection), noun.deadlines)
    for noun in NOUNS
    if noun.deadlines is not None
]
"""Each rule behind the place of its collection among `COLLECTIONS`."""
BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
STALE_MAX: Final = 1_000
"""How many entries of the heap may have been replaced, beside as many as still stand."""


class Agenda:
    """The deadlines that stand, by what has been accepted."""

    def __init__(self, store: ImageStore | None = None) -> None:
        self._store = store
        self._read_to = BEFORE_ALL
        """Deadlines of the store that are due until then are in memory."""
        self._by_id: dict[str, Deadline] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._overdue: dict[str, Deadline] = {}
        self._fresh: dict[str, Deadline | NoDeadline] = {}
        self._frozen: dict[str, Deadline | NoDeadline] = {}

    def update(self, changed: Layer) -> None:
        """Take over the deadlines of the aggregates that an accepted command changed."""
        for place, rule in RULES:
            for aggregate in changed.shelves[place].own.values():
                if rule.concerns is None or rule.concerns(aggregate):
                    self._set(aggregate.id, rule.find_due(aggregate), aggregate, rule)

    def list_due(self, now: datetime) -> Iterator[Deadline]:
        """Yield all deadlines that have passed by `now` and still stand. `drop` may be called
        meanwhile."""
        if self._store is not None and now > self._read_to:
            self._read(self._store, now + NEAR)
        while self._heap and self._heap[0][0] <= now:
            due_at, entry_id = heapq.heappop(self._heap)
            entry = self._by_id.get(entry_id)
            if entry is not None and entry.due_at == due_at:
                self._overdue[entry_id] = entry
        # Not those that an earlier call with a later `now` has found: a clock may be set back.
        yield from [entry for entry in self._overdue.values() if entry.due_at <= now]

    def drop(self, deadline: Deadline) -> None:
        """Forget a deadline at which, as the accepted state is, there is nothing to do."""
        if self._by_id.get(deadline.id) == deadline:
            del self._by_id[deadline.id]
            self._overdue.pop(deadline.id, None)

    def freeze(self) -> Mapping[str, Deadline | NoDeadline]:
        """Return what is to be written, and keep it until `settle`."""
        self._frozen, self._fresh = self._fresh, {}
        return self._frozen

    def settle(self) -> None:
        """Drop from memory what `freeze` returned and is not due soon: it has been written."""
        for entry_id in self._frozen:
            entry = self._by_id.get(entry_id)
            if entry is not None and entry.due_at > self._read_to and entry_id not in self._fresh:
                del self._by_id[entry_id]
        self._frozen = {}
        if len(self._heap) > 2 * len(self._by_id) + STALE_MAX:
            self._heap = [
                (entry.due_at, entry.id)
                for entry in self._by_id.values()
                if entry.id not in self._overdue
            ]
            heapq.heapify(self._heap)

    def _set(self, id: str, due_at: datetime | None, aggregate: Any, rule: DeadlineRule) -> None:
        known = self._by_id.get(id)
        if due_at is None:
            self._note_change(NoDeadline(id))
            if known is not None:
                del self._by_id[id]
                self._overdue.pop(id, None)
        elif known is None or known.due_at != due_at:
            deadline = Deadline(due_at, id, rule.make_command(aggregate), rule.in_steps)
            self._note_change(deadline)
            self._put(deadline)

    def _note_change(self, deadline: Deadline | NoDeadline) -> None:
        if self._store is not None:
            self._fresh[deadline.id] = deadline

    def _put(self, deadline: Deadline) -> None:
        self._overdue.pop(deadline.id, None)
        self._by_id[deadline.id] = deadline
        heapq.heappush(self._heap, (deadline.due_at, deadline.id))

    def _read(self, store: ImageStore, until: datetime) -> None:
        for deadline in store.list_deadlines(self._read_to, until):
            if deadline.id not in self._fresh and deadline.id not in self._frozen:
                self._put(deadline)
        self._read_to = until
