"""Sends a response that is already whole with one write, if the server offers it.

ASGI wants two messages for each response, and uvicorn looks at each header of the first with two
patterns. Our server (`runtime.service.http_protocol`) takes status, headers and body at once as
well. Whatever it does not take so goes the usual way, which looks the same to the client.
"""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from runtime.http.page_headers import RawHeaders

EXTENSION: Final = "practix.whole_response"
"""The name of the server's `WriteWhole` among the extensions of a scope."""

WriteWhole = Callable[[Scope, int, RawHeaders, bytes], bool]
"""Answers the request that has this scope. Returns False, and does nothing, if the response has to
be sent as messages."""

_OF_LINES: Final = bytes(byte for byte in range(256) if byte == 9 or 32 <= byte != 127)
"""All bytes that may stand in the line of a header: no control characters but tabs."""


def write_whole(scope: Scope, response: Response) -> bool:
    """Write the response, if the server offers that and nothing of it comes later. Returns
    whether it did."""
    write: WriteWhole | None = scope.get("extensions", {}).get(EXTENSION)
    if write is None or type(response).__call__ is not Response.__call__:
        return False
    body = response.body
    if response.background is not None or not isinstance(body, bytes):
        return False
    if (b"content-length", b"%d" % len(body)) not in response.raw_headers:
        return False
    return write(scope, response.status_code, response.raw_headers, body)


def render_headers(headers: RawHeaders) -> bytes | None:
    """Return the headers as lines. Returns None if one of them would need a closer look: it has
    bytes that no header may have, or says something about the connection."""
    lines = b"\r\n".join([*map(b": ".join, headers), b""])
    if lines.translate(None, _OF_LINES) != b"\r\n" * len(headers) or b"connection:" in lines:
        return None
    return lines
