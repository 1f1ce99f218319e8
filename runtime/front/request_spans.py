"""Records the span of a request. It tells what the request's line in the log tells."""

import re
from typing import Final

from starlette.requests import Request

from runtime.front.received import ReceivedRequest
from runtime.limits.callers import person_of
from runtime.logs.lines import PRIVATE_ROUTES, PROBES
from runtime.traces.context import continue_trace, read_parent, request_id_of
from runtime.traces.spans import SPANS, Attribute, Span

OTHER_METHOD: Final = "_OTHER"
"""OpenTelemetry's word for a method that is not one of METHODS: a client may send any."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
OF_PEERS: Final = "/internal/"
"""Beginning of the paths that only processes of the same cell ask. Many commands come with one such
request, each with a trace of its own."""
_PRIVATE: Final = re.compile(
    "|".join(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(one)) for one in sorted(PRIVATE_ROUTES))
)


def begin_span(request: ReceivedRequest) -> None:
    """Begin the span of a request, and let it be the cause of all that follows, if its trace is
    recorded. What machines ask again and again has none. Nor has anything that a private request
    causes: its spans would lead to it, if only by their time."""
    path: str = request.scope["path"]
    if path in PROBES or path.startswith(OF_PEERS) or _PRIVATE.fullmatch(path):
        return
    client = read_parent(request.headers)
    span = SPANS.begin_first("HTTP", "server", request_id_of(request.traceparent), client)
    if span is not None:
        request.span = span
        request.traceparent = continue_trace(span.traceparent)


def end_span(span: Span, request: Request, method: str, route: str, status: int) -> None:
    """End the span of a request that was answered. `route` is as declared: the path has ids of
    people."""
    method = method if method in METHODS else OTHER_METHOD
    attributes: dict[Attribute, str | int | bool] = {
        "http.request.method": method,
        "http.response.status_code": status,
    }
    named = "HTTP" if method == OTHER_METHOD else method
    if route != "unknown":
        attributes["http.route"] = route
        named = f"{named} {route}"
    if person := person_of(request):
        attributes["enduser.pseudo.id"] = SPANS.pseudonym_of(person)
    span.rename(named)
    span.note(attributes)
    span.end(str(status) if status >= 500 else "")
