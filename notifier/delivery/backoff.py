"""Says how long to wait before the next attempt: twice as long each time up to a bound, and the
second half of that at random."""

from datetime import timedelta
from random import Random
from typing import NamedTuple


class Backoff(NamedTuple):
    """How long to wait after the first attempt, and at most."""

    first_s: float = 2.0
    longest_s: float = 300.0

    def pause(self, attempts: int, random: Random) -> timedelta:
        """Return how long to wait after so many attempts, which must be at least one."""
        # More doublings exceed the bound anyway, and in the end the range of a float.
        doublings = min(attempts - 1, 32)
        whole = min(self.first_s * 2.0**doublings, self.longest_s)
        return timedelta(seconds=whole / 2 + random.random() * whole / 2)
