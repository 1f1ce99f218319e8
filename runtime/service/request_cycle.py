"""One request of a connection, from its head to its response, for the ASGI application.

uvicorn's own `RequestResponseCycle` sends and receives the messages. What is done here is what
nearly every request needs of it: a body that is there before anybody asks, and a response that
is written at once. Everything else (a body that comes slowly, streams, HEAD, errors, `Expect`)
is left to uvicorn.

Relies on inner names of uvicorn, whose version is pinned in requirements.txt: `__init__` is not
called, so the attributes that it would set are set here, and `receive` must use `message_event`
as it does in uvicorn. `tests/unit/runtime/service/test_request_cycle.py` fails if that changes.
"""

import asyncio
from typing import TYPE_CHECKING

from starlette.types import Message, Scope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from runtime.front.whole_response import render_headers
from runtime.http.page_headers import RawHeaders

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _DefaultLines:
    """Lines of the headers that uvicorn adds to every response. It makes others once a second."""

    def __init__(self) -> None:
        self._headers: RawHeaders | None = None
        self._lines: bytes | None = None

    def render(self, headers: RawHeaders) -> bytes | None:
        """Return these headers as `render_headers` does."""
        if headers is not self._headers:
            self._headers, self._lines = headers, render_headers(headers)
        return self._lines


_default_lines = _DefaultLines()


class RequestCycle(RequestResponseCycle):
    """A request whose head is complete."""

    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    _event: asyncio.Event | None = None
    _has_arrived = False
    """Whether a piece of the body, or its end, has come that nobody has received. Counts only
    while there is no event."""

    def __init__(self, protocol: "HttpToolsProtocol", scope: Scope, *, keep_alive: bool) -> None:
        self.scope = scope  # type: ignore[assignment]  # uvicorn has types of its own.
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.access_logger = protocol.access_logger
        self.access_log = protocol.access_log
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()

    @property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]
        """uvicorn's signal that something can be received. Made only if somebody has to wait."""
        if self._event is None:
            self._event = asyncio.Event()
            if self._has_arrived:
                self._event.set()
        return self._event

    # Receiving

    def add_body(self, piece: bytes) -> None:
        """Keep a piece of the body, and read no further if too much waits to be received."""
        if self.response_complete:
            return
        self.body += piece
        if len(self.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        self._note_arrival()

    def end_body(self) -> None:
        """Note that the body is complete."""
        if not self.response_complete:
            self.more_body = False
            self._note_arrival()

    def _note_arrival(self) -> None:
        self._has_arrived = True
        if self._event is not None:
            self._event.set()

    async def receive(self) -> Message:  # type: ignore[override]
        """Return the next message. Does not wait if a piece of the body is there."""
        is_there = self._has_arrived and self._event is None
        if not is_there or self.waiting_for_100_continue or self.disconnected:
            return await super().receive()  # type: ignore[return-value]
        if self.response_complete:
            return {"type": "http.disconnect"}
        self._has_arrived = False
        self.flow.resume_reading()
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    # Sending

    def write_whole(self, scope: Scope, status: int, headers: RawHeaders, body: bytes) -> bool:
        """Answer at once (`runtime.front.whole_response`), if the connection stays open and
        nothing stands in the way."""
        # Another scope: the request is HEAD.
        if self.scope is not scope or self.response_started or self.disconnected:
            return False
        if not self.keep_alive or self.access_log or self.flow.write_paused:
            return False
        default_lines = _default_lines.render(self.default_headers)
        lines = render_headers(headers)
        if default_lines is None or lines is None:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join((STATUS_LINE[status], default_lines, lines, b"\r\n", body)))
        if self._event is not None:
            self._event.set()
        self.on_response()
        return True
