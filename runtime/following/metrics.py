"""Declares the metrics of all readers of the journal, for `/metrics`."""

from typing import Final

from prometheus_client import Gauge

ACTIVE: Final = Gauge(
    "reader_active", "1 in the process that follows the journal, 0 in a standby", ["reader"]
)
