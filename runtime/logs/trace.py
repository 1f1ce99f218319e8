"""Correlates what one request causes, in whichever process and however much later.

The trace context of W3C is handed on (https://www.w3.org/TR/trace-context/): one text,
`traceparent`, of which the trace id is the *request id* in logs and in `X-Request-ID`. It names
nobody and is never trusted to be new: a client may choose it.
"""

import re
from contextvars import ContextVar
from random import getrandbits
from typing import Final, Protocol

NO_TRACE: Final = ""
"""The trace of what no request has caused."""

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-.{2}")
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}")
_NOT_SAMPLED: Final = "00"

_current: ContextVar[str] = ContextVar("traceparent", default=NO_TRACE)


class HasHeaders(Protocol):
    def get(self, key: str) -> str | None: ...


def begin_trace(headers: HasHeaders) -> str:
    """Return the `traceparent` of a request with these headers, and make it the current one.

    Its request id is the trace id in the client's `traceparent`; else its `X-Request-ID`, if that
    is a UUID or 32 hexadecimal digits; else a new one.
    """
    traceparent = make_traceparent(_read_request_id(headers))
    _current.set(traceparent)
    return traceparent


def make_traceparent(request_id: str) -> str:
    """Return a `traceparent` for what comes next in the same trace."""
    return f"00-{request_id}-{getrandbits(64) | 1:016x}-{_NOT_SAMPLED}"


def current_traceparent() -> str:
    """Return the `traceparent` of the request that this code works for; NO_TRACE if there is
    none."""
    return _current.get()


def trace_headers() -> dict[str, str]:
    """Return the headers by which a service that is called learns what caused the call."""
    if not (traceparent := _current.get()):
        return {}
    return {"traceparent": traceparent, "X-Request-ID": request_id_of(traceparent)}


def request_id_of(traceparent: str) -> str:
    """Return the request id in a `traceparent` of ours. NO_TRACE has an empty one."""
    return traceparent[3:35]


def _read_request_id(headers: HasHeaders) -> str:
    if (given := headers.get("traceparent")) and (found := _TRACEPARENT.fullmatch(given)):
        return found[1]
    if given := headers.get("x-request-id"):
        plain = given.replace("-", "").lower()
        if _REQUEST_ID.fullmatch(plain):
            return plain
    return f"{getrandbits(128) | 1:032x}"
