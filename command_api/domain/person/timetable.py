"""The times that a person is engaged at, in order: what takes place at a time is found at once.

However many engagements there are, finding those at a time takes a binary search, and the steps
from there back to where the longest of them could still last.
"""

from bisect import bisect_left
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

Id = TypeVar("Id", bound=str)

_BEGINNING: Final = attrgetter("begins_at")


class Engagement(Struct, Generic[Id], frozen=True, order=True, gc=False, array_like=True):
    """The time of an announcement, with the id of it or of the booking by which a person attends
    it. Ordered by time."""

    begins_at: datetime
    id: Id
    ends_at: datetime

    @property
    def lasts(self) -> timedelta:
        return self.ends_at - self.begins_at


class Timetable(Struct, Generic[Id], frozen=True, gc=False):
    """Engagements, soonest first."""

    engagements: tuple[Engagement[Id], ...] = ()
    longest: timedelta = timedelta(0)
    """No engagement lasts longer. It is forgotten only once none is left."""

    @property
    def ids(self) -> tuple[Id, ...]:
        """The ids of the engagements, soonest first."""
        return tuple([one.id for one in self.engagements])

    def __len__(self) -> int:
        return len(self.engagements)

    def find_between(self, begins_at: datetime, ends_at: datetime) -> list[Engagement[Id]]:
        """Return the engagements that overlap a time, latest first. One that ends when the time
        begins does not overlap it."""
        engagements = self.engagements
        found: list[Engagement[Id]] = []
        if not engagements:  # Most people's, at most times.
            return found
        earliest = begins_at - self.longest
        for place in range(bisect_left(engagements, ends_at, key=_BEGINNING) - 1, -1, -1):
            one = engagements[place]
            if one.begins_at <= earliest:
                break
            if one.ends_at > begins_at:
                found.append(one)
        return found

    def add(self, one: Engagement[Id]) -> "Timetable[Id]":
        """Return the timetable with `one`. An engagement that is there already is not added."""
        if not self.engagements:
            return Timetable((one,), one.lasts)
        place = bisect_left(self.engagements, one)
        if self._has(one, place):
            return self
        engagements = list(self.engagements)  # Faster than joining two parts of a long tuple.
        engagements.insert(place, one)
        return Timetable(tuple(engagements), max(self.longest, one.lasts))

    def remove(self, one: Engagement[Id]) -> "Timetable[Id]":
        """Return the timetable without `one`: the very same if it is not there."""
        place = bisect_left(self.engagements, one)
        if not self._has(one, place):
            return self
        if len(self.engagements) == 1:
            return NOTHING
        engagements = self.engagements[:place] + self.engagements[place + 1 :]
        return replace(self, engagements=engagements)

    def _has(self, one: Engagement[Id], place: int) -> bool:
        return place < len(self.engagements) and self.engagements[place] == one


NOTHING: Final[Timetable[Any]] = Timetable()
