"""Records spans of OpenTelemetry, if a process is told to (`runtime.traces.configuring`).

A span tells when a piece of work began and ended, and what came of it. Spans with one trace id make
a trace, across all processes: each names the one that caused it, by the `traceparent` that was
handed on. While nothing is recorded, which is the default, beginning a span costs a comparison, and
the SDK of OpenTelemetry is not imported.

Spans tell what logs tell, and nothing else: routes, codes, positions, pseudonyms. So attributes
have names of a fixed list, and errors are named by their type alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import MappingProxyType
from typing import Final, Literal, Protocol

from runtime.pseudonyms import Pseudonyms
from runtime.traces.context import (
    NO_TRACE,
    is_sampled,
    make_request_id,
    make_traceparent,
    within_trace,
)

Kind = Literal["server", "client", "internal", "producer", "consumer"]
"""As OpenTelemetry has it: a producer's work is taken up by a consumer later."""
Attribute = Literal[
    "enduser.pseudo.id",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "messaging.batch.message_count",
    "peer.service",
    "practix.attempt",
    "practix.code",
    "practix.command",
    "practix.notice",
    "practix.notice_id",
    "practix.position",
    "practix.refused",
    "practix.replayed",
    "practix.state",
    "practix.store",
]
"""Names of attributes: those of OpenTelemetry's conventions, and our own."""
Attributes = Mapping[Attribute, str | int | bool]
NO_ATTRIBUTES: Final[Attributes] = MappingProxyType({})


class Span(Protocol):
    """A piece of work that has begun. It is exported once it has ended, and never if it does not
    end."""

    @property
    def traceparent(self) -> str:
        """The `traceparent` that is handed on to work that this one causes."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Add to what the span tells."""
        ...

    def rename(self, name: str) -> None: ...

    def end(self, failed: str = "") -> None:
        """End the span. `failed` names the error that ended it: a code or a type, never a text."""
        ...


class SpanRecorder(Protocol):
    """Makes spans and has them exported."""

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: str,
        attributes: Attributes,
        links: Sequence[str],
        request_id: str,
    ) -> Span | None:
        """Return a span that `parent` caused. Without a parent it begins a trace with this request
        id. Returns None if it is not to be recorded."""
        ...

    def keep_exporting(self) -> AbstractContextManager[None]:
        """Export spans inside the `with` block. Open it in the event loop."""
        ...


class Spans:
    """The spans of this process. Until they are opened, none begins."""

    def __init__(self) -> None:
        self._recorder: SpanRecorder | None = None
        self._pseudonyms = Pseudonyms("")
        self.is_open = False
        """Whether anything is recorded. Where it counts, look here before you ask for a span."""

    def open(self, recorder: SpanRecorder, pseudonyms: Pseudonyms) -> None:
        """Record spans from now on."""
        self._recorder, self._pseudonyms = recorder, pseudonyms
        self.is_open = True

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: str,
        attributes: Attributes = NO_ATTRIBUTES,
        links: Sequence[str] = (),
    ) -> Span | None:
        """Return a span that `parent`, a `traceparent`, caused. Returns None if nothing is
        recorded, or nothing of that trace. `links` are further spans that had a part in it."""
        if self._recorder is None or not is_sampled(parent):
            return None
        return self._recorder.begin(name, kind, parent, attributes, links, "")

    def begin_first(
        self,
        name: str,
        kind: Kind,
        request_id: str,
        client: str = NO_TRACE,
        attributes: Attributes = NO_ATTRIBUTES,
        links: Sequence[str] = (),
    ) -> Span | None:
        """Return the first span of our own in a trace with this request id, which the `client`'s
        `traceparent` caused, if there is one. Returns None if nothing is recorded, or not this
        trace: the sampler in the settings decides."""
        if self._recorder is None:
            return None
        return self._recorder.begin(name, kind, client, attributes, links, request_id)

    def pseudonym_of(self, person_id: str) -> str:
        """Return what stands for a person in spans, as in logs."""
        return self._pseudonyms.replace(person_id)

    def keep_exporting(self) -> AbstractContextManager[None]:
        """Export spans inside the `with` block. Open it in the event loop."""
        return nullcontext() if self._recorder is None else self._recorder.keep_exporting()


SPANS: Final = Spans()
"""One for the whole process. `configure_traces` opens it."""


@contextmanager
def continuing(
    name: str, cause: str, attributes: Attributes = NO_ATTRIBUTES
) -> Iterator[Span | None]:
    """Take up, inside the `with` block, work that `cause` handed on. Yields its span; None if it is
    not recorded. Without a cause, calls have a trace of their own, which nobody records."""
    span = SPANS.begin(name, "consumer", cause, attributes)
    trace = cause or make_traceparent(make_request_id())
    with within_trace(trace if span is None else span.traceparent), ending(span):
        yield span


@contextmanager
def beginning(
    name: str, attributes: Attributes = NO_ATTRIBUTES, links: Sequence[str] = ()
) -> Iterator[Span | None]:
    """Begin, inside the `with` block, a trace of work whose time has come. Yields its span; None if
    it is not recorded. Of `links`, those count that are recorded."""
    request_id = make_request_id()
    linked = [one for one in links if is_sampled(one)]
    span = SPANS.begin_first(name, "consumer", request_id, NO_TRACE, attributes, linked)
    trace = make_traceparent(request_id) if span is None else span.traceparent
    with within_trace(trace), ending(span):
        yield span


@contextmanager
def ending(span: Span | None) -> Iterator[None]:
    """End the span, if there is one, with the `with` block: as failed if that raises."""
    if span is None:
        yield
        return
    try:
        yield
    except BaseException as error:
        span.end(name_error(error))
        raise
    span.end()


def name_error(error: BaseException) -> str:
    """Return what a span tells of an error: its type."""
    return type(error).__name__
