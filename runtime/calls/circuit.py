"""A circuit breaker: after several failures in a row, no calls are made for a while.

Then one call at a time probes whether the other side is back.
"""

from collections.abc import Callable
from typing import Literal

CircuitState = Literal["closed", "open", "probing"]


class Circuit:
    """Decides whether the other side is worth calling."""

    def __init__(self, open_after: int, open_s: float, clock: Callable[[], float]) -> None:
        self._open_after = open_after
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._closed_again_at = 0.0

    @property
    def state(self) -> CircuitState:
        if self._failures < self._open_after:
            return "closed"
        return "open" if self._clock() < self._closed_again_at else "probing"

    def admit(self) -> bool:
        """Return whether a call may be made now. While probing, only one call may."""
        state = self.state
        if state == "probing":
            self._closed_again_at = self._clock() + self._open_s
        return state != "open"

    def note_success(self) -> None:
        """Note that a call succeeded."""
        self._failures = 0

    def note_failure(self) -> None:
        """Note that a call failed."""
        self._failures += 1
        if self._failures >= self._open_after:
            self._closed_again_at = self._clock() + self._open_s
