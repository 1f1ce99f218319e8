"""Hands ended spans to an exporter, in a thread, so that no request waits for a collector.

OpenTelemetry's own processor would start a thread that may end unseen. This one is watched, as all
of ours are.
"""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from runtime.process.figures import PlainCounter
from runtime.process.tasks import start_thread

log = logging.getLogger(__name__)

WAITING_MAX: Final = 8_192
"""Spans that wait. Further ones are lost, and counted."""
SENT_AT_ONCE: Final = 512
EXPORTED_EVERY_S: Final = 1.0
STOP_S_MAX: Final = 2.0

LOST: Final = PlainCounter("practix_spans_lost", "spans that no collector took", ["reason"])


class SpanQueue(SpanProcessor):
    """Keeps ended spans until they are exported. Never blocks, and raises nothing."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._waiting: deque[ReadableSpan] = deque()
        self._is_waiting = Event()
        self._stopping = Event()

    def on_end(self, span: ReadableSpan) -> None:
        """Have the span exported soon."""
        if len(self._waiting) >= WAITING_MAX:
            LOST.count("full")
            return
        self._waiting.append(span)
        if not self._is_waiting.is_set():
            self._is_waiting.set()

    def export(self) -> None:
        """Export what waits. If that fails, the spans are lost, and counted."""
        while self._waiting:
            number = min(len(self._waiting), SENT_AT_ONCE)
            spans = [self._waiting.popleft() for _ in range(number)]
            if not self._try_to_export(spans):
                LOST.count("not_taken", number=number)

    @contextmanager
    def keep_exporting(self) -> Iterator[None]:
        """Export inside the `with` block, once a second, and what is left at its end. Open it in
        the event loop. Waits at most STOP_S_MAX for a collector that does not answer."""
        self._stopping.clear()
        thread = start_thread(self._run, "span exporter")
        try:
            yield
        finally:
            self._stopping.set()
            self._is_waiting.set()
            thread.join(STOP_S_MAX)
            self._exporter.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._is_waiting.wait()
            self._stopping.wait(EXPORTED_EVERY_S)
            self._is_waiting.clear()
            self.export()

    def _try_to_export(self, spans: list[ReadableSpan]) -> bool:
        try:
            return self._exporter.export(spans) is SpanExportResult.SUCCESS
        except Exception:  # Nothing that is only watched by spans may end because of them.
            log.exception("spans not exported")
            return False
