"""Token buckets by key, in bounded memory (GCRA, the leaky bucket as a meter).

A bucket holds `per_minute` tokens and is refilled evenly, so that many in a minute, and no
more than twice as many in any one minute. All that is kept of a bucket is one number: when
it will be full again. A key without one is a full bucket.

Keys live in two dictionaries of text and floats, which Python's cyclic collector never
walks. Each full turn the newer one becomes the older one and what was in that is dropped:
after a minute a bucket is full again, so nothing is lost by it. A turn is also over when
`keys_max` keys were charged; then some buckets are refilled early. Whoever wants that for
their own has to charge as many other keys in the meantime, which costs more than it brings.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

Seconds = Callable[[], float]
"""A clock that counts seconds and never goes back."""

MINUTE_S: Final = 60.0
KEYS_MAX: Final = 20_000
"""Of one dictionary: with keys of 36 characters two full ones take some 7 MB."""


class Buckets:
    """One bucket a key. Belongs to one event loop."""

    def __init__(
        self,
        per_minute: int,
        keys_max: int = KEYS_MAX,
        clock: Seconds = monotonic,
    ) -> None:
        self.per_minute: Final = per_minute
        self._interval_s = MINUTE_S / per_minute
        self._keys_max = keys_max
        self._clock = clock
        self._newer: dict[str, float] = {}
        self._older: dict[str, float] = {}
        self._turns_at = clock() + MINUTE_S

    def take(self, key: str) -> float:
        """Take a token and return 0.0, or return the seconds until there will be one."""
        now = self._clock()
        full_at = self._full_at(key, now) + self._interval_s
        # Half a token of tolerance: sums of floats are not exact.
        if full_at - now > MINUTE_S + self._interval_s / 2:
            return full_at - now - MINUTE_S
        if now >= self._turns_at or len(self._newer) >= self._keys_max:
            self._turn(now)
        self._newer[key] = full_at
        return 0.0

    def wait_s(self, key: str) -> float:
        """Seconds until there is a token, taking none; 0.0 if there is one."""
        now = self._clock()
        wait_s = self._full_at(key, now) + self._interval_s - now - MINUTE_S
        return wait_s if wait_s > self._interval_s / 2 else 0.0

    def left(self, key: str) -> tuple[int, int]:
        """Tokens that are there, and seconds until the bucket is full."""
        now = self._clock()
        missing_s = self._full_at(key, now) - now
        return int((MINUTE_S - missing_s) / self._interval_s + 0.5), int(missing_s + 0.999)

    def _full_at(self, key: str, now: float) -> float:
        full_at = self._newer.get(key)
        if full_at is None:
            full_at = self._older.get(key, now)
        return full_at if full_at > now else now

    def _turn(self, now: float) -> None:
        # After a minute without a turn even the newer ones are full again.
        overdue = now >= self._turns_at + MINUTE_S
        self._older = {} if overdue else self._newer
        self._newer = {}
        self._turns_at = now + MINUTE_S
