"""Makes spans with the SDK of OpenTelemetry. Imported only if they are recorded."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from random import random
from typing import Any, Final
from uuid import uuid4

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as SdkSpan

from runtime.traces.context import format_traceparent, is_sampled, request_id_of, span_id_of
from runtime.traces.exporting import SpanQueue
from runtime.traces.settings import TraceSettings
from runtime.traces.spans import Attributes, Kind, Span
from runtime.version import VERSION

_KINDS: Final[dict[Kind, SpanKind]] = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_PARENT_BASED: Final = "parentbased_"


class OpenTelemetryRecorder:
    """Implements `SpanRecorder`. Belongs to one event loop."""

    def __init__(
        self, exporter: SpanExporter, settings: TraceSettings, service: str, cell: str = ""
    ) -> None:
        """Spans name this `service` and the `cell`, unless OTEL_SERVICE_NAME and
        OTEL_RESOURCE_ATTRIBUTES do. Raises ValueError if another variable of OpenTelemetry's is
        wrong."""
        self._ids = _RequestIds()
        self._queue = SpanQueue(exporter)
        provider = TracerProvider(
            sampler=_choose_sampler(settings, self._ids),
            resource=_describe(service, cell),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        provider.add_span_processor(self._queue)
        self._tracer = provider.get_tracer("practix", VERSION)

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: str,
        attributes: Attributes,
        links: Sequence[str],
        request_id: str,
    ) -> Span | None:
        self._ids.request_id = request_id
        span = self._tracer.start_span(
            name,
            _context_of(parent) if parent else Context(),
            _KINDS[kind],
            dict(attributes.items()),
            [Link(_decode(one)) for one in links],
        )
        return RecordedSpan(span) if span.is_recording() else None

    def keep_exporting(self) -> AbstractContextManager[None]:
        return self._queue.keep_exporting()

    def export(self) -> None:
        """Export at once what has ended."""
        self._queue.export()


class RecordedSpan:
    """Implements `Span`."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: SdkSpan) -> None:
        self._span = span
        context = span.get_span_context()
        self.traceparent = format_traceparent(
            f"{context.trace_id:032x}", context.span_id, sampled=True
        )

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes.items()))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def end(self, failed: str = "") -> None:
        if failed:
            self._span.set_attribute("error.type", failed)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class _RequestIds(RandomIdGenerator):
    """Gives a trace the request id of the request that it begins with."""

    def __init__(self) -> None:
        self.request_id = ""
        """Empty while a span continues a trace."""

    def generate_trace_id(self) -> int:
        return int(self.request_id, 16) if self.request_id else super().generate_trace_id()


class _Share(Sampler):
    """Records a share of the traces that begin here, and what follows in those that are recorded.
    Asks a number of our own, not the trace id, as the SDK's sampler does: a client may choose
    that."""

    def __init__(self, share: float, ids: _RequestIds) -> None:
        self._share = share
        self._ids = ids

    def should_sample(
        self, parent_context: Context | None, trace_id: int, *args: Any, **named: Any
    ) -> SamplingResult:
        follows = not self._ids.request_id
        decided = ALWAYS_ON if follows or random() < self._share else ALWAYS_OFF
        return decided.should_sample(parent_context, trace_id, *args, **named)

    def get_description(self) -> str:
        return f"Share{{{self._share}}}"


def _choose_sampler(settings: TraceSettings, ids: _RequestIds) -> Sampler:
    """Return the sampler that the settings name."""
    name = settings.traces_sampler
    roots: dict[str, Sampler] = {
        "always_on": ALWAYS_ON,
        "always_off": ALWAYS_OFF,
        "traceidratio": _Share(settings.traces_sampler_arg, ids),
    }
    root = roots[name.removeprefix(_PARENT_BASED)]
    return ParentBased(root) if name.startswith(_PARENT_BASED) else root


def _describe(service: str, cell: str) -> Resource:
    """Return what all spans of this process tell of it."""
    ours = {
        "service.namespace": "practix",
        "service.name": service,
        "service.version": VERSION,
        "service.instance.id": str(uuid4()),
        **({"practix.cell": cell} if cell else {}),
    }
    return Resource.create({**ours, **OTELResourceDetector().detect().attributes})


def _context_of(traceparent: str) -> Context:
    return set_span_in_context(NonRecordingSpan(_decode(traceparent)), Context())


def _decode(traceparent: str) -> SpanContext:
    return SpanContext(
        trace_id=int(request_id_of(traceparent), 16),
        span_id=int(span_id_of(traceparent), 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED * is_sampled(traceparent)),
    )
