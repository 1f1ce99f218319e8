"""Has a process record spans, if its settings say so. Every process calls `configure_traces` once,
at its start."""

from runtime.pseudonyms import Pseudonyms
from runtime.traces.settings import TraceSettings
from runtime.traces.spans import SPANS


def configure_traces(
    settings: TraceSettings, service: str, cell: str, pseudonyms: Pseudonyms
) -> None:
    """Record spans from now on, and send them to the collector in the settings. Raises ValueError
    if a variable of OpenTelemetry's that is not among the settings is wrong."""
    # Modules of OpenTelemetry take a fifth of a second, and a process without spans needs none.
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from runtime.traces.recording import OpenTelemetryRecorder

    exporter = OTLPSpanExporter(
        endpoint=settings.address,
        timeout=settings.timeout_s,
        compression=Compression(settings.compression),
    )
    SPANS.open(OpenTelemetryRecorder(exporter, settings, service, cell), pseudonyms)
