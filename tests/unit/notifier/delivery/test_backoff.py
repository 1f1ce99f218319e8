"""Pauses between attempts grow, and stay bounded."""

from typing import Any

from notifier.delivery.backoff import Backoff


def test_pauses_grow_up_to_a_bound() -> None:
    class Highest:
        def random(self) -> float:
            return 1.0

    highest: Any = Highest()
    pauses = [Backoff(2.0, 60.0).pause(n, highest).total_seconds() for n in (1, 2, 3, 10, 10_000)]
    assert pauses == [2.0, 4.0, 8.0, 60.0, 60.0]
