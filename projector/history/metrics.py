"""Declares the metrics of the history, for `/metrics`."""

from typing import Final

from prometheus_client import Gauge

WORDS_TO_SCRUB: Final = Gauge(
    "projector_history_words_to_scrub", "erased people whose texts are still in the history"
)
