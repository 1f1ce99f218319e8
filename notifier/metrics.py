"""Figures of the notifier, for `/metrics`."""

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import Counter, Gauge

from notifier.store.queue import Result

POSITION: Final = Gauge("notifier_position", "seq up to which the outbox follows the journal")
AVAILABLE: Final = Gauge("notifier_available", "1 while what is named answers", ["what"])
DEAD_LETTERS: Final = Counter("notifier_dead_letters", "events parked since the start")
OUTCOMES: Final = Counter("notifier_notices", "what came of notices that were due", ["state"])
"""`waiting` counts failed attempts and notices put off."""
for _state in ("sent", "skipped", "waiting", "parked", "unconfirmed"):
    OUTCOMES.labels(_state)  # There from the start: the first one parked is an increase.
OVERDUE: Final = Gauge(
    "notifier_notices_overdue", "notices that are due and still wait, quiet hours included"
)


def count(results: Iterable[Result]) -> None:
    for one in results:
        OUTCOMES.labels(one.state).inc()


def observe(
    position: Callable[[], int], journal: Callable[[], bool], tables: Callable[[], bool]
) -> None:
    """Have the gauges show this process's notifier."""
    POSITION.set_function(position)
    AVAILABLE.labels("journal").set_function(journal)
    AVAILABLE.labels("tables").set_function(tables)
