"""Times as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.values.languages import Language
from runtime.local_times import write_time

SUMMER = datetime(2026, 7, 3, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "language", "written"),
    [
        ("Europe/Moscow", "en", "Friday, 3 July 2026, 19:05 (Moscow, GMT+3)"),
        ("Europe/Moscow", "ru", "пятница, 3 июля 2026, 19:05 (Москва, GMT+3)"),
        ("America/St_Johns", "en", "Friday, 3 July 2026, 13:35 (St. John’s, GMT-2:30)"),
        ("UTC", "ru", "пятница, 3 июля 2026, 16:05 (GMT+0)"),
        ("Etc/GMT+5", "en", "Friday, 3 July 2026, 11:05 (GMT-5)"),
        ("EST", "en", "Friday, 3 July 2026, 11:05 (GMT-5)"),
    ],
)
def test_a_time_has_the_form_of_the_language_and_names_its_zone(
    zone: str, language: Language, written: str
) -> None:
    assert write_time(SUMMER, ZoneInfo(zone), language) == written


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, second = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert "02:30 (Berlin, GMT+2)" in write_time(first, berlin, "en")
    assert "02:30 (Berlin, GMT+1)" in write_time(second, berlin, "en")
