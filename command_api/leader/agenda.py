"""Deadlines: when the leader has to give itself a command.

Every process keeps the agenda from accepted state; only the leader acts on it. An entry
goes when the state says so, not when it was acted on, so that nothing is lost when the
leader changes in between.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.announcement.deadlines import next_deadline
from command_api.domain.booking.commands import HoldDue
from command_api.domain.layer import Layer
from command_api.domain.rating.commands import RatingDue
from command_api.domain.rating.deadlines import next_reveal

Due = AnnouncementDue | HoldDue | RatingDue


class Deadline(NamedTuple):
    due_at: datetime
    id: str
    command: Due


class Agenda:
    def __init__(self) -> None:
        self._by_id: dict[str, Deadline] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._overdue: dict[str, Deadline] = {}

    def update(self, changed: Layer) -> None:
        """Take note of what an accepted command changed."""
        for announcement in changed.announcements.own.values():
            due = AnnouncementDue(announcement_id=announcement.id)
            self._set(announcement.id, next_deadline(announcement), due)
        for booking in changed.bookings.own.values():
            self._set(booking.id, booking.hold_until, HoldDue(booking_id=booking.id))
        for rating in changed.ratings.own.values():
            self._set(rating.id, next_reveal(rating), RatingDue(review_id=rating.id))

    def due(self, now: datetime) -> Iterator[Deadline]:
        """All deadlines that have passed by `now` and still stand."""
        while self._heap and self._heap[0][0] <= now:
            due_at, entry_id = heapq.heappop(self._heap)
            entry = self._by_id.get(entry_id)
            if entry is not None and entry.due_at == due_at:
                self._overdue[entry_id] = entry
        # Not those that an earlier, later `now` has found: a clock may be set back.
        yield from [entry for entry in self._overdue.values() if entry.due_at <= now]

    def drop(self, deadline: Deadline) -> None:
        """The deadline turned out to be moot."""
        if self._by_id.get(deadline.id) == deadline:
            del self._by_id[deadline.id]
            self._overdue.pop(deadline.id, None)

    def _set(self, entry_id: str, due_at: datetime | None, command: Due) -> None:
        known = self._by_id.get(entry_id)
        if known is not None and known.due_at == due_at:
            return
        self._overdue.pop(entry_id, None)
        if due_at is None:
            self._by_id.pop(entry_id, None)
        else:
            self._by_id[entry_id] = Deadline(due_at, entry_id, command)
            heapq.heappush(self._heap, (due_at, entry_id))
