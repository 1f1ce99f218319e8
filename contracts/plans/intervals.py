"""Intervals of time: half-open, in UTC."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, NewType

WrittenTime = NewType("WrittenTime", str)
"""A wished or a free time as text, by the module that wrote it."""


class Interval(NamedTuple):
    """From `begins_at` until just before `ends_at`."""

    begins_at: datetime
    ends_at: datetime

    def contains(self, other: "Interval") -> bool:
        """Return whether the other one lies within this one, ends included."""
        return self.begins_at <= other.begins_at and other.ends_at <= self.ends_at

    def overlaps(self, other: "Interval") -> bool:
        return self.begins_at < other.ends_at and other.begins_at < self.ends_at


def merge_intervals(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the intervals in order, with those that touch or overlap made one. Empty ones are
    left out."""
    merged: list[Interval] = []
    for one in sorted(intervals):
        if one.begins_at >= one.ends_at:
            continue
        if merged and one.begins_at <= merged[-1].ends_at:
            last = merged.pop()
            one = Interval(last.begins_at, max(last.ends_at, one.ends_at))
        merged.append(one)
    return merged
