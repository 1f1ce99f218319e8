"""Token buckets by key, in bounded memory (GCRA, the leaky bucket as a meter).

A bucket holds `per_minute` tokens and refills evenly. So it gives that many tokens a minute,
and at most twice as many in any single minute. Only one number is kept for each bucket: the
time when it will be full again. A key that is not kept has a full bucket.

Keys live in two dictionaries of text and floats, which Python's cyclic collector never
walks. Every minute the newer dictionary becomes the older one, and the older one is dropped.
Nothing is lost by this, because a bucket is full again after a minute. The dictionaries also
turn once `keys_max` keys were charged; then some buckets refill early. To gain from that, an
attacker would have to charge as many other keys, which costs more than it gains.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

Seconds = Callable[[], float]
"""A clock that counts seconds and never goes back."""

MINUTE_S: Final = 60.0
KEYS_MAX: Final = 20_000
"""Keys in one dictionary. Two full ones with keys of 36 characters take some 7 MB."""


class Buckets:
    """One bucket for each key. Belongs to one event loop."""

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
        """Take a token and return 0.0. If there is none, return the seconds until there is."""
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
        """Return the seconds until there is a token, or 0.0 if there is one. Takes none."""
        now = self._clock()
        wait_s = self._full_at(key, now) + self._interval_s - now - MINUTE_S
        return wait_s if wait_s > self._interval_s / 2 else 0.0

    def tokens_left(self, key: str) -> tuple[int, int]:
        """Return how many tokens are left, and the seconds until the bucket is full."""
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
