"""How long to wait before the next attempt: doubled each time, half of it random, bounded."""

from datetime import timedelta
from random import Random
from typing import NamedTuple


class Backoff(NamedTuple):
    first_s: float = 2.0
    longest_s: float = 300.0

    def pause(self, attempts: int, random: Random) -> timedelta:
        """After so many attempts, at least one."""
        # Past the bound anyway, and a float has an end.
        doublings = min(attempts - 1, 32)
        whole = min(self.first_s * 2.0**doublings, self.longest_s)
        return timedelta(seconds=whole / 2 + random.random() * whole / 2)
