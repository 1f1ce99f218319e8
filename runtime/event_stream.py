"""Spells server-sent events (WHATWG HTML, section 9.2)."""

from typing import Final

import msgspec

EVENT_STREAM: Final = "text/event-stream"
HEADERS: Final = {
    "Content-Type": EVENT_STREAM,
    "Cache-Control": "no-store",
    # Other people's proxies may know it: nginx then passes on what it gets, at once.
    "X-Accel-Buffering": "no",
}
SHUTTING_DOWN: Final = "shutting_down"
"""Reason of an end: come back, and another process answers."""
HEARTBEAT: Final = b":\n\n"
"""A comment, which clients ignore. Proxies and clients see that the connection lives."""

_encode: Final = msgspec.json.Encoder().encode


def format_beginning(retry_ms: int, event_id: str) -> bytes:
    """Return the beginning of a stream. A client whose connection breaks comes back after
    `retry_ms` with `event_id`, until an event has given it another id."""
    return b"retry: %d\nid: %b\n\n" % (retry_ms, event_id.encode())


def format_event(name: str, data: object, event_id: str) -> bytes:
    """Return an event with `data` as JSON, which is always one line."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event_id.encode(), name.encode(), _encode(data))


def format_end(reason: str) -> bytes:
    """Return the last event of a stream that the server ends. It leaves the client's id alone."""
    return b"event: end\ndata: %b\n\n" % _encode({"reason": reason})
