"""Decides which evenings fit a person's plans.

Reads and notices use this one rule. A plan for a film has wished times and places; a person
also has free times. Only that person may know of any of them.
"""

from collections.abc import Collection
from typing import NamedTuple

from contracts.plans.free_times import find_free_intervals
from contracts.plans.intervals import Interval
from contracts.plans.wished_times import read_wished_time
from contracts.values.words import has_words
from contracts.values.zones import zone_or_utc


class Wishes(NamedTuple):
    """Decides whether an evening fits one plan and the free times of its person."""

    times: Collection[str]
    """Wished times of the plan (`contracts.plans.wished_times`)."""
    places: Collection[str]
    free_times: Collection[str]
    """Free times of the person (`contracts.plans.free_times`)."""
    free_tz: str
    """The zone of the free times."""

    def are_met_by(self, evening: Interval, place: str | None) -> bool:
        """Return whether an evening with the plan's film fits the plan.

        It lies within one of the wished times; if the plan has none, within the free times; if
        there are none of these either, any time fits. One of the wished places, if there are any,
        has all its words in `place`, which is what the person may see of the evening's.
        """
        return self._suits(evening) and self._likes(place)

    def _suits(self, evening: Interval) -> bool:
        if self.times:
            return any(read_wished_time(one).contains(evening) for one in self.times)
        if not self.free_times:
            return True
        free = find_free_intervals(self.free_times, zone_or_utc(self.free_tz), evening)
        return any(one.contains(evening) for one in free)

    def _likes(self, place: str | None) -> bool:
        if not self.places:
            return True
        return place is not None and any(has_words(place, one) for one in self.places)
