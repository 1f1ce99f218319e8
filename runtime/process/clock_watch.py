"""Watches the own wall clock: whoever acts by it must not while it is wrong.

Deadlines are met by the leader's clock, and notices are due by the notifier's. A broker
stamps every entry with its own clock: each stamp that is read bounds the error of the own
clock. Between two stamps, a step of the own clock shows against a steady one, which nobody
sets.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from runtime.process.clock import Clock

log = logging.getLogger(__name__)

SKEW_S_MAX: Final = 60.0
"""A clock that differs from the broker's by more is wrong."""


class ClockWrong(Exception):
    """The own clock cannot be trusted: nothing may be done by it."""


class ClockWatch:
    """`steady` counts seconds and is never set. Without `watching` every clock is right:
    for a journal that has no clock of its own to compare with."""

    def __init__(self, clock: Clock, steady: Callable[[], float], *, watching: bool = True) -> None:
        self._clock = clock
        self._steady = steady
        self._watching = watching
        self._skew_s = 0.0
        self._compared: float | None = None
        """Wall minus steady clock at the last comparison; None before the first."""

    def now(self) -> datetime:
        """The wall clock's time. Raises ClockWrong."""
        wall = self._clock()
        skew_s = self._skew_at(wall)
        if abs(skew_s) > SKEW_S_MAX:
            raise ClockWrong(f"{skew_s:+.0f} s off")
        return wall

    def compare(
        self, stamp_ms: int, *, on_its_way_s: float = 0.0, may_be_old: bool = False
    ) -> None:
        """Take over how far off the clock is from an entry that was just read.

        The entry was stamped `stamp_ms` by the journal, at most `on_its_way_s` ago; 0 where
        that is not known. The comparison replaces what was known before. An entry that
        `may_be_old` does not show that the clock is ahead: then what was known stays.
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
        """Whether the clock may be decided by, as far as is known."""
        return abs(self.skew_s) <= SKEW_S_MAX

    @property
    def skew_s(self) -> float:
        """Seconds by which the own clock is ahead of the journal's."""
        return self._skew_at(self._clock())

    def _skew_at(self, wall: datetime) -> float:
        if not self._watching or self._compared is None:
            return 0.0
        step_s = wall.timestamp() - self._steady() - self._compared
        return self._skew_s + step_s
