"""Collects the spans that a test causes in its own process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from runtime.traces.recording import OpenTelemetryRecorder
from runtime.traces.settings import TraceSettings
from runtime.traces.spans import SPANS
from tests.log_lines import PSEUDONYMS

ReadSpans = Callable[[], Sequence[ReadableSpan]]


@contextmanager
def collect_spans(settings: TraceSettings | None = None) -> Iterator[ReadSpans]:
    """Open `SPANS` inside the `with` block. Yields a function that returns the spans so far, in the
    order in which they ended."""
    exporter, before = InMemorySpanExporter(), dict(vars(SPANS))
    recorder = OpenTelemetryRecorder(exporter, settings or TraceSettings(), "tests")
    SPANS.open(recorder, PSEUDONYMS)

    def read() -> Sequence[ReadableSpan]:
        recorder.export()
        return exporter.get_finished_spans()

    try:
        yield read
    finally:
        vars(SPANS).update(before)


def trace_of(span: ReadableSpan) -> str:
    """Return the trace id of a span, hexadecimal."""
    return f"{_context(span).trace_id:032x}"


def traceparent_of(span: ReadableSpan) -> str:
    return f"00-{trace_of(span)}-{_context(span).span_id:016x}-01"


def parent_of(span: ReadableSpan, spans: Sequence[ReadableSpan]) -> str:
    """Return the name of the span that caused this one; the id if it is none of `spans`, and
    nothing if nothing caused it."""
    if span.parent is None:
        return ""
    ids = {_context(one).span_id: one.name for one in spans}
    return ids.get(span.parent.span_id, f"{span.parent.span_id:016x}")


def told_by(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def _context(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context
