"""The time at which a command is decided."""

from datetime import datetime, timedelta
from typing import Final

from runtime.process.clock_watch import SKEW_S_MAX

AHEAD_MAX: Final = timedelta(seconds=2 * SKEW_S_MAX)
"""The most by which one right clock can be ahead of another."""


def log_time(last: datetime, now: datetime) -> datetime:
    """Return the time to decide at: `now`, but not before `last`, the time of the newest record.

    A `last` that no right clock can have written is ignored. Otherwise a leader whose clock was
    once a year ahead would keep the whole cell at that time for a year.
    """
    return last if now < last <= now + AHEAD_MAX else now
