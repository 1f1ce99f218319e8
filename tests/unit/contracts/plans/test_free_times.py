"""Free times are by the clock of a person's zone, also when clocks change."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.plans.free_times import (
    FreeTime,
    find_free_intervals,
    read_free_time,
    write_free_time,
)
from contracts.plans.intervals import Interval, merge_intervals

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def free(*times: str, since: str, until: str) -> list[tuple[str, str]]:
    found = find_free_intervals(times, BERLIN, Interval(utc(since), utc(until)))
    return [(f"{one.begins_at:%a %H:%M}", f"{one.ends_at:%a %H:%M}") for one in found]


def test_a_free_time_is_read_as_it_was_written() -> None:
    for one in (
        FreeTime("fri", None, "18:00", "23:30"),
        FreeTime(None, date(2026, 12, 5), "22:00", "02:00"),
        FreeTime("sun", None, "00:00", "24:00"),
    ):
        assert read_free_time(write_free_time(one)) == one


@pytest.mark.parametrize("text", ["", "fri", "fri 18-20", "someday 18:00-20:00", "2026-13-01 1-2"])
def test_what_is_no_free_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_free_time(text)


def test_the_same_hour_by_the_clock_in_winter_and_in_summer() -> None:
    winter = free("fri 18:00-23:00", since="2026-01-09T12:00", until="2026-01-10T12:00")
    summer = free("fri 18:00-23:00", since="2026-07-10T12:00", until="2026-07-11T12:00")
    assert winter == [("Fri 17:00", "Fri 22:00")]
    assert summer == [("Fri 16:00", "Fri 21:00")]


def test_an_end_that_is_not_later_is_on_the_next_day() -> None:
    found = free("fri 22:00-02:00", since="2026-01-10T00:00", until="2026-01-10T03:00")
    assert found == [("Fri 21:00", "Sat 01:00")]


def test_a_whole_day_is_as_long_as_its_clocks_say() -> None:
    spring = free("sun 00:00-24:00", since="2026-03-29T00:00", until="2026-03-29T20:00")
    autumn = free("sun 00:00-24:00", since="2026-10-25T00:00", until="2026-10-25T20:00")
    assert spring == [("Sat 23:00", "Sun 22:00")]  # 23 hours
    assert autumn == [("Sat 22:00", "Sun 23:00")]  # 25 hours


def test_an_hour_that_clocks_show_twice_is_free_both_times() -> None:
    found = free("sun 02:00-02:59", since="2026-10-25T00:00", until="2026-10-25T04:00")
    assert found == [("Sun 00:00", "Sun 01:59")]


def test_times_that_touch_are_one() -> None:
    found = free(
        "fri 18:00-24:00", "sat 00:00-02:00", since="2026-01-09T20:00", until="2026-01-10T02:00"
    )
    assert found == [("Fri 17:00", "Sat 01:00")]


def test_a_date_is_that_day_only() -> None:
    found = free("2026-01-09 18:00-20:00", since="2026-01-01T00:00", until="2026-02-01T00:00")
    assert found == [("Fri 17:00", "Fri 19:00")]


MINUTES = st.integers(0, 500)


@given(st.lists(st.tuples(MINUTES, MINUTES), max_size=8), MINUTES)
def test_merged_intervals_cover_the_same_minutes(pairs: list[tuple[int, int]], at: int) -> None:
    def minute(n: int) -> datetime:
        return datetime.fromtimestamp(n * 60, UTC)

    intervals = [Interval(minute(begin), minute(end)) for begin, end in pairs]
    merged = merge_intervals(intervals)

    def covers(found: list[Interval]) -> bool:
        return any(one.begins_at <= minute(at) < one.ends_at for one in found)

    assert covers(merged) == covers(intervals)
    assert all(a.ends_at < b.begins_at for a, b in pairwise(merged))
