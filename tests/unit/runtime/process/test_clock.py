"""The system's clock in whole milliseconds."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from contracts.values.times import to_ms
from runtime.process.clock import system_clock

MS = timedelta(milliseconds=1)


def test_it_is_the_time_in_utc_and_never_ahead() -> None:
    before = datetime.now(UTC)
    told = system_clock()
    assert told.tzinfo is UTC
    assert before - MS < told <= datetime.now(UTC)


def test_it_is_exact_to_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    for since_1970_ms in range(1_790_000_000_000, 1_790_000_002_000):
        monkeypatch.setattr(time, "time_ns", lambda ms=since_1970_ms: ms * 1_000_000 + 999_999)
        assert to_ms(told := system_clock()) == since_1970_ms
        assert told.microsecond % 1000 == 0
