"""Figures of a command process, for `/metrics`."""

from typing import Final

from prometheus_client import Counter, Gauge

from command_api.leader.node import Node

POSITION: Final = Gauge("command_api_position", "seq of the last accepted record")
TERM: Final = Gauge("command_api_term", "term of the last accepted record")
LEADING: Final = Gauge("command_api_leading", "1 while this process leads")
IGNORED: Final = Gauge("command_api_ignored_records", "records that did not count (R2)")
KEYS: Final = Gauge("command_api_idempotency_keys", "answered keys in memory")
OUTCOMES: Final = Counter("command_api_outcomes", "answered commands", ["code", "replayed"])


def observe(node: Node) -> None:
    """Have the gauges show this process's node."""
    POSITION.set_function(lambda: node.tail.position.state.seq)
    TERM.set_function(lambda: node.tail.position.state.term)
    LEADING.set_function(lambda: node.leading)
    IGNORED.set_function(lambda: node.tail.ignored)
    KEYS.set_function(lambda: len(node.image.keys))
