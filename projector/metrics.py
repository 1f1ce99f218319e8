"""Declares the metrics of the projector, for `/metrics`."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from projector.read_models.projector import Projector

POSITION: Final = Gauge("projector_position", "seq up to which the tables follow the journal")
LAG: Final = Gauge(
    "projector_lag_seconds", "age of the oldest record that was read but is not in the tables"
)
IGNORED: Final = Gauge("projector_ignored_records", "records that did not count (R2)")
AVAILABLE: Final = Gauge("projector_available", "1 while the journal or tables answer", ["what"])
BATCH_ROWS: Final = Histogram(
    "projector_batch_rows",
    "rows written in one transaction",
    buckets=(0, 1, 10, 100, 1_000, 10_000),
)
DEAD_LETTERS: Final = Counter("projector_dead_letters", "events parked since the start")
VERIFY_FAILED: Final = Gauge("projector_verify_failed", "1 if the last verify said no")
VERIFIED_AT: Final = Gauge(
    "projector_verified_timestamp_seconds", "when verify last said yes, as Unix time; 0: not yet"
)
FOLLOWED: Final = Gauge(
    "read_models_followed",
    "1 in the process that follows the journal into the tables of this shape",
    ["shape"],
)
SHAPE_DIFFERS: Final = Gauge(
    "projector_shape_differs", "1 if new read models are not what the journal says"
)
ERASED_ON_DISK: Final = Gauge(
    "projector_erased_on_disk", "erased people whose texts may still be on PostgreSQL's disk"
)


def observe(projector: Projector) -> None:
    """Let the gauges show this projector."""
    POSITION.set_function(lambda: projector.position.state.seq)
    LAG.set_function(lambda: projector.lag_s)
    IGNORED.set_function(lambda: projector.ignored)
    AVAILABLE.labels("journal").set_function(lambda: projector.journal_available)
    AVAILABLE.labels("tables").set_function(lambda: projector.tables_available)


def note_verified(*, right: bool) -> None:
    """Show the result of a verify that has ended."""
    VERIFY_FAILED.set(not right)
    if right:
        VERIFIED_AT.set_to_current_time()
