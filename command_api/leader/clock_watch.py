"""Says at what time a command is decided, and refuses to when the own clock is wrong.

Deadlines are met by the leader's clock, so a process whose clock is far off must decide
nothing. A broker stamps every entry with its own clock: each stamp that is read bounds
the error of the own clock. Between two stamps, a step of the own clock shows against a
steady one, which nobody sets.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from command_api.leader.ports import WallClock

log = logging.getLogger(__name__)

SKEW_S_MAX: Final = 60.0
"""A clock that differs from the broker's by more is wrong."""

AHEAD_MAX: Final = timedelta(seconds=2 * SKEW_S_MAX)
"""The most by which one right clock can be ahead of another."""


class ClockWrong(Exception):
    """The own clock cannot be trusted: nothing may be decided by it."""


def log_time(last: datetime, now: datetime) -> datetime:
    """The time to decide at: `now`, but never before `last`, the time of the newest record.

    A `last` that no right clock can have written is not carried on: it would keep a whole
    cell in the future, for as long as one leader's clock was once ahead.
    """
    return last if now < last <= now + AHEAD_MAX else now


class ClockWatch:
    """`steady` counts seconds and is never set. Without `watching` every clock is right:
    for a journal that has no clock of its own to compare with."""

    def __init__(
        self, clock: WallClock, steady: Callable[[], float], *, watching: bool = True
    ) -> None:
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

    def compare(self, stamp_ms: int, *, on_its_way_s: float = 0.0) -> None:
        """Take over how far off the clock is from an entry that was just read.

        The entry was stamped `stamp_ms` by the journal, at most `on_its_way_s` ago; 0 where
        that is not known. The comparison replaces what was known before.
        """
        was_right, wall = self.right, self._clock()
        ahead_s = wall.timestamp() - stamp_ms / 1000
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
