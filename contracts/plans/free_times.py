"""Writes and reads a free time, and finds out when a person is free.

A free time is on a day of every week, `fri 18:00-23:30`, or on one date, `2026-12-05 10:00-14:00`,
by the clock of the person's zone. It ends on the next day if its end is not later than its
beginning; `24:00` is midnight. So `fri 18:00` is six in the evening all year round, whatever
becomes of the zone's offset from UTC. A time that clocks show twice is free both times.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from contracts.plans.intervals import Interval, WrittenTime, merge_intervals

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = get_args(Day)

_WRITTEN: Final = re.compile(r"(\S+) ([0-2]\d:[0-5]\d)-([0-2]\d:[0-5]\d)")
_MIDNIGHT: Final = "24:00"
_A_DAY: Final = timedelta(days=1)


class FreeTime(NamedTuple):
    """One free time, as a person states it."""

    day: Day | None
    """On this day of every week; None if it has a date."""
    date: date | None
    begins: str
    ends: str


def write_free_time(one: FreeTime) -> WrittenTime:
    return WrittenTime(f"{one.day or one.date} {one.begins}-{one.ends}")


def read_free_time(text: str) -> FreeTime:
    """Return the free time. Raises ValueError if the text is none."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("not a free time")
    on, begins, ends = found.groups()
    day = next((one for one in DAYS if one == on), None)
    return FreeTime(day, date.fromisoformat(on) if day is None else None, begins, ends)


def find_free_intervals(times: Collection[str], zone: ZoneInfo, within: Interval) -> list[Interval]:
    """Return when somebody with these free times is free, as far as it concerns `within`. Those
    that touch are made one, so that a film may begin in one and end in the next."""
    stated = [read_free_time(one) for one in times]
    found = (one for day in _list_days(zone, within) for one in _list_of_day(stated, zone, day))
    return merge_intervals(one for one in found if one.overlaps(within))


def _list_days(zone: ZoneInfo, within: Interval) -> Iterator[date]:
    """Yield the days of the zone on which a free time may begin that reaches into `within`."""
    day = within.begins_at.astimezone(zone).date() - _A_DAY
    last = within.ends_at.astimezone(zone).date()
    while day <= last:
        yield day
        day += _A_DAY


def _list_of_day(stated: Collection[FreeTime], zone: ZoneInfo, day: date) -> Iterator[Interval]:
    for one in stated:
        if day in (one.date,) or DAYS[day.weekday()] == one.day:
            end_day = day if one.begins < one.ends else day + _A_DAY
            yield Interval(
                _find_instant(day, one.begins, zone, fold=0),
                _find_instant(end_day, one.ends, zone, fold=1),
            )


def _find_instant(day: date, clock: str, zone: ZoneInfo, *, fold: int) -> datetime:
    if clock == _MIDNIGHT:
        day, clock = day + _A_DAY, "00:00"
    local = datetime.combine(day, time.fromisoformat(clock), zone)
    return local.replace(fold=fold).astimezone(UTC)
