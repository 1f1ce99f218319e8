"""The one wall clock (aware UTC, whole milliseconds), and a steady one that nobody sets."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.times import whole_ms

Clock = Callable[[], datetime]

STEADY_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's own counts on while the machine sleeps, so that waking up is no step of the wall
clock against it."""


def system_clock() -> datetime:
    return whole_ms(datetime.now(UTC))


def steady_clock() -> float:
    """Seconds since some moment in the past. No event loop's time: that stands still while
    a callback runs."""
    return time.clock_gettime(STEADY_CLOCK)


def shifted_clock(offset_s: float) -> Clock:
    """The system's clock plus `offset_s` seconds, so that an evening can be over today."""
    offset = timedelta(seconds=offset_s)
    return lambda: whole_ms(datetime.now(UTC) + offset)
