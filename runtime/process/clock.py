"""The wall clock of all services, and a steady clock that nobody sets."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.values.times import from_ms, whole_ms

_NANOSECONDS_A_MS: Final = 1_000_000

Clock = Callable[[], datetime]
"""Return the time as aware UTC in whole milliseconds."""

STEADY_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's boot-time clock also counts while the machine sleeps. So waking up does not look
like a step of the wall clock."""


def system_clock() -> datetime:
    """Return the system's time."""
    return from_ms(time.time_ns() // _NANOSECONDS_A_MS)


def steady_clock() -> float:
    """Return the seconds since some moment in the past. Unlike an event loop's time, this one
    moves while a callback runs."""
    return time.clock_gettime(STEADY_CLOCK)


def shifted_clock(offset_s: float) -> Clock:
    """Return a clock that is `offset_s` seconds ahead of the system's. With it, an announcement
    for next week can be over today."""
    offset = timedelta(seconds=offset_s)
    return lambda: whole_ms(datetime.now(UTC) + offset)
