"""Correlates what one request causes, in whichever process and however much later.

The trace context of W3C is handed on (https://www.w3.org/TR/trace-context/): one text,
`traceparent`, of which the trace id is the *request id* in logs and in `X-Request-ID`. It names
nobody and is never trusted to be new: a client may choose it. Its flag says whether spans of the
trace are recorded (`runtime.traces.spans`).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import getrandbits
from typing import Final, Protocol

NO_TRACE: Final = ""
"""The trace of what no request has caused."""

_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_REQUEST_ID: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")
_NOT_SAMPLED: Final = "00"
_SAMPLED: Final = "01"
_ODD: Final = frozenset("13579bdf")
"""Last digits of flags whose first bit, "sampled", is set."""

_current: ContextVar[str] = ContextVar("traceparent", default=NO_TRACE)


class HasHeaders(Protocol):
    def get(self, key: str) -> str | None: ...


@contextmanager
def within_trace(traceparent: str) -> Iterator[None]:
    """Make a `traceparent` the current one inside the `with` block."""
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def begin_trace(headers: HasHeaders) -> str:
    """Return the `traceparent` of a request with these headers, and make it the current one.

    Its request id is the trace id in the client's `traceparent`; else its `X-Request-ID`, if that
    is a UUID or 32 hexadecimal digits; else a new one.
    """
    return continue_trace(make_traceparent(_read_request_id(headers)))


def continue_trace(traceparent: str) -> str:
    """Make a `traceparent` the current one, for this task and those that it starts from now on.
    Returns it."""
    _current.set(traceparent)
    return traceparent


def make_traceparent(request_id: str) -> str:
    """Return a `traceparent` for what comes next in the same trace. It says that nobody records
    that."""
    return format_traceparent(request_id, getrandbits(64) | 1, sampled=False)


def make_request_id() -> str:
    return f"{getrandbits(128) | 1:032x}"


def format_traceparent(request_id: str, span_id: int, *, sampled: bool) -> str:
    return f"00-{request_id}-{span_id:016x}-{_SAMPLED if sampled else _NOT_SAMPLED}"


def current_traceparent() -> str:
    """Return the `traceparent` of the request that this code works for; NO_TRACE if there is
    none."""
    return _current.get()


def trace_headers(traceparent: str) -> dict[str, str]:
    """Return the headers by which a service that is called learns what caused the call; none for
    NO_TRACE."""
    if not traceparent:
        return {}
    return {"traceparent": traceparent, "X-Request-ID": request_id_of(traceparent)}


def request_id_of(traceparent: str) -> str:
    """Return the request id in a `traceparent`. NO_TRACE has an empty one."""
    return traceparent[3:35]


def span_id_of(traceparent: str) -> str:
    """Return the id of the span in a `traceparent`, 16 hexadecimal digits."""
    return traceparent[36:52]


def is_sampled(traceparent: str) -> bool:
    """Return whether spans of this trace are recorded. Those of NO_TRACE are not, nor of a text
    that is none: whoever can append to the journal can write any."""
    return traceparent[-1:] in _ODD and _TRACEPARENT.fullmatch(traceparent) is not None


def read_parent(headers: HasHeaders) -> str:
    """Return the client's own `traceparent`; NO_TRACE if it sent none that is one."""
    given = headers.get("traceparent")
    return given if given and _TRACEPARENT.fullmatch(given) else NO_TRACE


def _read_request_id(headers: HasHeaders) -> str:
    if parent := read_parent(headers):
        return request_id_of(parent)
    if given := headers.get("x-request-id"):
        plain = given.replace("-", "").lower()
        if _REQUEST_ID.fullmatch(plain):
            return plain
    return make_request_id()
