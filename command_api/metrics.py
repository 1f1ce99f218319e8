"""Declares and feeds the metrics of a command process, for `/metrics`."""

from typing import Final

from prometheus_client import Gauge

from command_api.leader.node import Node
from command_api.leader.ports import Observer
from runtime.process.figures import PlainCounter, PlainHistogram

POSITION: Final = Gauge("command_api_position", "seq of the last accepted record")
TERM: Final = Gauge("command_api_term", "term of the last accepted record")
LEADING: Final = Gauge("command_api_leading", "1 while this process leads")
IGNORED: Final = Gauge("command_api_ignored_records", "records that did not count (R2)")
KEYS: Final = Gauge("command_api_idempotency_keys", "answered keys that are remembered")
CHECKPOINT: Final = Gauge(
    "command_api_checkpoint_position", "seq of the last record in the checkpoint on disk"
)
CHECKPOINT_FAILING: Final = Gauge(
    "command_api_checkpoint_failing", "1 while no checkpoint can be written"
)
IMAGE_READS: Final = PlainHistogram(
    "command_api_image_read_seconds",
    "point reads of the image on disk",
    buckets=(1e-5, 2e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1),
)
CLOCK_SKEW: Final = Gauge(
    "command_api_clock_skew_seconds", "own clock minus the journal's, as far as is known"
)
OUTCOMES: Final = PlainCounter("command_api_outcomes", "answered commands", ["code", "replayed"])
DECIDING: Final = PlainHistogram(
    "command_api_decide_seconds",
    "from taking a command up to its decision and representation",
    buckets=(5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1),
)
ROUND_TRIP: Final = PlainHistogram(
    "command_api_append_seconds",
    "from sending a record until it is acknowledged and read back, to the millisecond",
    buckets=(1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class _Figures(Observer):
    def observe_decision(self, seconds: float) -> None:
        DECIDING.observe(seconds)

    def observe_round_trip(self, seconds: float) -> None:
        ROUND_TRIP.observe(seconds)

    def count_answer(self, code: str, *, replayed: bool) -> None:
        OUTCOMES.count(code, "yes" if replayed else "no")


FIGURES: Final = _Figures()


def show_in_gauges(node: Node) -> None:
    """Make the gauges show this process's node."""
    POSITION.set_function(lambda: node.tail.position.state.seq)
    TERM.set_function(lambda: node.tail.position.state.term)
    LEADING.set_function(lambda: node.leading)
    IGNORED.set_function(lambda: node.tail.ignored)
    KEYS.set_function(lambda: len(node.image.keys))
    CHECKPOINT.set_function(lambda: node.keeper.written_to)
    CHECKPOINT_FAILING.set_function(lambda: node.keeper.problem is not None)
    CLOCK_SKEW.set_function(lambda: node.clock_skew_s)
