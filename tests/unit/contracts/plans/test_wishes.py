"""Which evenings fit a person's plan."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.plans.intervals import Interval
from contracts.plans.wished_times import read_wished_time, write_wished_time
from contracts.plans.wishes import Wishes

FRIDAY = datetime(2026, 12, 4, 16, tzinfo=UTC)  # 19:00 in Moscow.
EVENING = Interval(FRIDAY, FRIDAY + timedelta(hours=2))
MOSCOW = "Europe/Moscow"


def wish(*hours: float) -> str:
    """A wished time that begins and ends so many hours after the evening's beginning."""
    begins, ends = (FRIDAY + timedelta(hours=one) for one in hours)
    return write_wished_time(Interval(begins, ends))


def fits(
    times: tuple[str, ...] = (),
    places: tuple[str, ...] = (),
    free: tuple[str, ...] = (),
    *,
    place: str | None = "Москва, Тверская 1",
) -> bool:
    return Wishes(times, places, free, MOSCOW).are_met_by(EVENING, place)


def test_a_wished_time_is_read_as_it_was_written() -> None:
    assert read_wished_time(write_wished_time(EVENING)) == EVENING


def test_without_any_wish_every_evening_fits() -> None:
    assert fits()


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((wish(0, 2),), True),
        ((wish(-1, 3),), True),
        ((wish(0, 1.9),), False),
        ((wish(0.1, 3),), False),
        ((wish(24, 28), wish(-1, 3)), True),
        ((wish(-2, 1), wish(1, 3)), False),
    ],
)
def test_an_evening_lies_within_one_wished_time(times: tuple[str, ...], expected: bool) -> None:
    assert fits(times) is expected


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (("fri 18:00-23:00",), True),
        (("fri 19:00-21:00",), True),
        (("fri 19:00-20:59",), False),
        (("thu 18:00-23:00",), False),
        (("2026-12-04 19:00-20:00", "fri 20:00-21:00"), True),
    ],
)
def test_without_wished_times_the_free_ones_count(free: tuple[str, ...], expected: bool) -> None:
    assert fits(free=free) is expected


def test_wished_times_go_before_free_ones() -> None:
    assert fits((wish(-1, 3),), free=("sun 10:00-12:00",))
    assert not fits((wish(24, 28),), free=("fri 18:00-23:00",))


@pytest.mark.parametrize(
    ("places", "place", "expected"),
    [
        (("москва",), "Москва, Тверская 1", True),
        (("тверск моск",), "Москва, Тверская 1", True),
        (("Казань", "Тверская"), "Москва, Тверская 1", True),
        (("верская",), "Москва, Тверская 1", False),
        (("Москва",), None, False),
        (("Королёв",), "г. Королев", True),
    ],
)
def test_one_wished_place_has_all_its_words_in_the_place(
    places: tuple[str, ...], place: str | None, expected: bool
) -> None:
    assert fits(places=places, place=place) is expected
