"""Declares the metrics of the notifier, for `/metrics`."""

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import Counter, Gauge

from notifier.delivery.leases import DeliveryResult

POSITION: Final = Gauge("notifier_position", "seq up to which the outbox follows the journal")
AVAILABLE: Final = Gauge("notifier_available", "1 while the journal or tables answer", ["what"])
DEAD_LETTERS: Final = Counter("notifier_dead_letters", "events parked since the start")
OUTCOMES: Final = Counter("notifier_notices", "what came of notices that were due", ["state"])
"""`waiting` counts failed attempts and notices that were put off."""
for _state in ("sent", "skipped", "waiting", "parked", "unconfirmed"):
    OUTCOMES.labels(_state)  # Present from the start: the first parked notice is an increase.
OVERDUE: Final = Gauge(
    "notifier_notices_overdue", "notices that are due and still wait, quiet hours included"
)

ERASURES: Final = Gauge(
    "notifier_erasures_pending",
    "erasures of people and retractions of notices that are not carried out yet",
)
PUBLICATIONS_STUCK: Final = Gauge(
    "notifier_publications_stuck", "publications that wait for an operator"
)
FORGOTTEN: Final = Counter(
    "notifier_forgotten", "finished notices and fan-outs that were deleted because of their age"
)


def count_results(results: Iterable[DeliveryResult]) -> None:
    """Count what came of notices that were due, by state."""
    for one in results:
        OUTCOMES.labels(one.state).inc()


def observe(
    position: Callable[[], int], journal: Callable[[], bool], tables: Callable[[], bool]
) -> None:
    """Let the gauges show this process's notifier."""
    POSITION.set_function(position)
    AVAILABLE.labels("journal").set_function(journal)
    AVAILABLE.labels("tables").set_function(tables)
