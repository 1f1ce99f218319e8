"""Keeps the deadlines of all aggregates, at which the leader gives itself a command.

Every process keeps the agenda from accepted changes; only the leader acts on it. An entry goes
when an accepted change says so, not when the leader has acted on it, so that nothing is lost
if the leader changes in between.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime

from command_api.domain.deadline import Deadline, NoDeadline
from command_api.domain.layer import Layer
from command_api.domain.nouns import NOUNS


class Agenda:
    def __init__(self) -> None:
        self._by_id: dict[str, Deadline] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._overdue: dict[str, Deadline] = {}

    def update(self, changed: Layer) -> None:
        """Take over the deadlines of the aggregates that an accepted command changed."""
        for noun in NOUNS:
            if noun.list_deadlines is not None:
                for deadline in noun.list_deadlines(changed):
                    self._set(deadline)

    def list_due(self, now: datetime) -> Iterator[Deadline]:
        """Yield all deadlines that have passed by `now` and still stand. `drop` may be called
        meanwhile."""
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

    def _set(self, deadline: Deadline | NoDeadline) -> None:
        if isinstance(deadline, NoDeadline):
            self._overdue.pop(deadline.id, None)
            self._by_id.pop(deadline.id, None)
            return
        known = self._by_id.get(deadline.id)
        if known is not None and known.due_at == deadline.due_at:
            return
        self._overdue.pop(deadline.id, None)
        self._by_id[deadline.id] = deadline
        heapq.heappush(self._heap, (deadline.due_at, deadline.id))
