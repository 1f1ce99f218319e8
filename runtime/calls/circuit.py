"""A circuit breaker: after several failures in a row, no calls are made for a while.

Then single calls probe whether the other side is back. The first success closes the circuit.
"""

from collections.abc import Callable
from typing import Literal

CircuitState = Literal["closed", "open", "probing"]


class Circuit:
    """Decides whether the other side is worth calling."""

    def __init__(self, open_after: int, open_s: float, clock: Callable[[], float]) -> None:
        """`open_after` failures in a row open the circuit. `open_s` seconds pass before the
        first probe, and between two probes. `clock` counts seconds."""
        self._open_after = open_after
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._next_probe_at = 0.0

    @property
    def state(self) -> CircuitState:
        """`probing` if the time for a probe has come."""
        if self._failures < self._open_after:
            return "closed"
        return "open" if self._clock() < self._next_probe_at else "probing"

    def admit(self) -> bool:
        """Return whether a call may be made now. While probing, one call in `open_s` may."""
        state = self.state
        if state == "probing":
            self._next_probe_at = self._clock() + self._open_s
        return state != "open"

    def note_success(self) -> None:
        """Note that a call succeeded."""
        self._failures = 0

    def note_failure(self) -> None:
        """Note that a call failed."""
        self._failures += 1
        if self._failures >= self._open_after:
            self._next_probe_at = self._clock() + self._open_s
