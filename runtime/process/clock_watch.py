"""Tells whether this process's wall clock can be trusted.

The leader decides deadlines by its clock, and the notifier sends by its own; neither may act
while that clock is wrong. A broker stamps every entry with the broker's clock, so each stamp
that we read bounds the error of ours. Between two stamps, a step of our clock shows against
a steady clock, which nobody sets.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from runtime.process.clock import Clock

log = logging.getLogger(__name__)

SKEW_S_MAX: Final = 60.0
"""A clock is wrong if it differs from the broker's by more than this."""


class ClockWrong(Exception):
    """This process's clock cannot be trusted, so nothing may be decided by it."""


class ClockWatch:
    """Compares the wall clock with the journal's stamps."""

    def __init__(self, clock: Clock, steady: Callable[[], float], *, watching: bool = True) -> None:
        """`steady` counts seconds and is never set. `watching` is False if the journal has no
        clock of its own to compare with; then every clock counts as right."""
        self._clock = clock
        self._steady = steady
        self._watching = watching
        self._skew_s = 0.0
        self._compared: float | None = None
        """Wall minus steady clock at the last comparison; None before the first."""

    def now(self) -> datetime:
        """Return the wall clock's time. Raises ClockWrong."""
        wall = self._clock()
        skew_s = self._skew_at(wall)
        if abs(skew_s) > SKEW_S_MAX:
            raise ClockWrong(f"{skew_s:+.0f} s off")
        return wall

    def compare(
        self, stamp_ms: int, *, on_its_way_s: float = 0.0, may_be_old: bool = False
    ) -> None:
        """Note how far off the clock is, from an entry that was just read.

        The journal stamped the entry `stamp_ms`, at most `on_its_way_s` seconds ago (0 if
        that is unknown). The comparison replaces the one before. An entry that `may_be_old`
        cannot show that the clock is ahead: in that case the earlier comparison stays.
        """
        was_right, wall = self.right, self._clock()
        ahead_s = wall.timestamp() - stamp_ms / 1000
        if may_be_old and ahead_s > SKEW_S_MAX:
            return
        self._skew_s = min(ahead_s, max(0.0, ahead_s - on_its_way_s))
        self._compared = wall.timestamp() - self._steady()
        if was_right != self.right:
            level = logging.INFO if self.right else logging.ERROR
            log.log(level, "clock compared with the journal's", extra={"skew_s": self._skew_s})

    @property
    def right(self) -> bool:
        """Whether the clock can be trusted, as far as we know."""
        return abs(self.skew_s) <= SKEW_S_MAX

    @property
    def skew_s(self) -> float:
        """Seconds by which this process's clock is ahead of the journal's."""
        return self._skew_at(self._clock())

    def _skew_at(self, wall: datetime) -> float:
        if not self._watching or self._compared is None:
            return 0.0
        step_s = wall.timestamp() - self._steady() - self._compared
        return self._skew_s + step_s
