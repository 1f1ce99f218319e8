"""Watches the own wall clock against the journal's.

Deadlines are met by the leader's clock, so a process whose clock is far off must not
lead. The journal stamps every entry with its own time; comparing that with the own clock
when an own record is read back bounds the difference.
"""

import logging
from collections.abc import Callable
from typing import Final

from command_api.leader.ports import WallClock

log = logging.getLogger(__name__)

SKEW_S_MAX: Final = 60.0


class ClockWatch:
    def __init__(self, clock: WallClock, monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._skew_s = 0.0
        self._wall_minus_monotonic = self._difference()

    def compare(self, stamp_ms: int) -> None:
        """Call when an own record, stamped `stamp_ms` by the journal, was just read back."""
        self._skew_s = self._clock().timestamp() - stamp_ms / 1000
        self._wall_minus_monotonic = self._difference()
        if self.skewed:
            log.error("clock differs from the journal's", extra={"skew_s": self._skew_s})

    @property
    def skewed(self) -> bool:
        """Too far off, as far as is known.

        A clock that was set since the last comparison is seen by its step against the
        monotonic one: a mended clock needs no new record to be trusted again.
        """
        step_s = self._difference() - self._wall_minus_monotonic
        return abs(self._skew_s + step_s) > SKEW_S_MAX

    def _difference(self) -> float:
        return self._clock().timestamp() - self._monotonic()
