"""uvicorn's HTTP/1.1 protocol, with a limit on everything that a client can drag out.

httptools has no limits of its own: a head can be endless, and a byte a second keeps a
connection open for ever. Timers run only while a request is incomplete. Nearly every request
comes in one piece and needs no timer.
"""

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable
from itertools import chain
from typing import Any
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from contracts.failure_codes import FailureCode
from runtime.front.whole_response import EXTENSION
from runtime.http.page_headers import RawHeaders
from runtime.http.problems import problem
from runtime.service.http_limits import HttpLimits
from runtime.service.request_cycle import RequestCycle

LINGER_S_MAX = 2.0
"""After an early answer, how long we read and discard what the client still sends. If we
closed the connection at once, the client might lose the answer."""

FIRST_REQUEST_S_MAX = 2.0
"""After the server was asked to stop, how long a connection may still take to its first request."""

_SEPARATORS_BYTES = len(b": \r\n")
"""The bytes that each header has besides its name and value."""


class _Refused(Exception):
    """Ends the parsing. `BoundedProtocol._refusal` is the code of the answer."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection, from its opening to its end."""

    def __init__(self, *args: Any, limits: HttpLimits, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cycle: RequestCycle = None  # type: ignore[assignment]  # None before the first one.
        # What comes here is HTTP, and an app of ours has a part for nothing else.
        self.app = getattr(self.app, "front", self.app)
        self._limits = limits
        self._refusal: FailureCode = "malformed_request"
        self._in_body = False
        self._head_bytes = 0
        """Bytes of a head that is not complete yet, counted by pieces. Within a body, those that
        came since its last piece: a header after the body, perhaps, which the parser keeps."""
        self._piece_bytes = 0
        """Size of the data just received."""
        self._began_now = False
        """Whether the head of the last request is in it from its first byte."""
        self._has_body = False
        """Whether a piece of a body was in the data just received."""
        self._heads = 0
        """How many heads were complete."""
        self._reading: TimerHandle | None = None
        self._writing: TimerHandle | None = None
        self._refusing = False
        """Whether everything that still comes is discarded."""
        self._stopping = False
        """Whether the server was asked to stop."""
        self._asgi = {"version": self.asgi_version, "spec_version": "2.3"}
        self._extensions = {EXTENSION: self._write_whole}
        self._idle_since: float | None = None
        """When the last response was complete, if nothing has come since."""

    # Connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections_max and not self._close_an_idle_one():
            self._answer("unavailable")
            self.transport.close()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_reading_timer()
        self._stop_writing_timer()
        self._extensions.clear()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection once what was asked is answered. A first request may be on its
        way, and is waited for."""
        self._stopping = True
        if self._heads == 0 and not self._refusing:
            self._expect(FIRST_REQUEST_S_MAX, self._head_is_late)
        else:
            super().shutdown()

    @property
    def idle(self) -> bool:
        """Whether the connection is between two requests."""
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and not self._in_body and self._head_bytes == 0

    def _close_an_idle_one(self) -> bool:
        for other in self.connections:
            if isinstance(other, BoundedProtocol) and other is not self and other.idle:
                other.transport.close()
                self.connections.discard(other)
                return True
        return False

    # Reading

    def data_received(self, data: bytes) -> None:
        if self._refusing or self.transport.is_closing():
            return
        heads, in_body, self._has_body = self._heads, self._in_body, False
        self._piece_bytes, self._began_now = len(data), False
        super().data_received(data)
        if self._refusing or self.transport.is_closing():
            return
        is_new = self._heads != heads
        if self._in_body:
            # What is no piece of the body may be a header after it.
            self._head_bytes = 0 if is_new or self._has_body else self._head_bytes + len(data)
            if self._head_is_too_large():
                self._give_up("head_too_large")
            elif is_new:
                self._expect_body()
        elif not is_new and not in_body:
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_bytes_max:
                self._give_up("head_too_large")
            elif self._reading is None:
                self._expect_head()
        else:
            self._stop_reading_timer()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self._began_now = True
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        if self._head_is_too_large():
            self._refusal = "head_too_large"
            raise _Refused
        self._heads += 1
        self._head_bytes = 0
        self._in_body = True
        earlier, cycle = self.cycle, self._begin_cycle()
        self.cycle = cycle
        if earlier is None or earlier.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _begin_cycle(self) -> RequestCycle:
        """Return the request whose head was read just now."""
        parser = self.parser
        http_version = parser.get_http_version()
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        if "%" in path:
            path = unquote(path)
        scope: Scope = {
            "type": "http",
            "asgi": self._asgi,
            "http_version": http_version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": parser.get_method().decode("ascii"),
            "root_path": self.root_path,
            "path": self.root_path + path,
            "raw_path": self.root_path.encode("ascii") + url.path,
            "query_string": url.query or b"",
            "headers": self.headers,
            "state": self.app_state.copy(),
            "extensions": self._extensions,
        }
        may_stay = http_version != "1.0" and not self._stopping
        keep_alive = may_stay and parser.should_keep_alive()
        return RequestCycle(self, scope, keep_alive=keep_alive)

    def on_body(self, body: bytes) -> None:
        self._has_body = True
        self.cycle.add_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._head_bytes = 0
        self.cycle.end_body()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._note_idle()
        if self._in_body:
            self._expect(LINGER_S_MAX, self._cut_off)

    def _head_is_too_large(self) -> bool:
        """Return whether the pieces of the head are too long, or its parsed parts, which may not
        be all, too long or too many."""
        count = len(self.headers)
        if count > self._limits.headers_max:
            return True
        separators = _SEPARATORS_BYTES * count
        if self._began_now and self._piece_bytes + separators <= self._limits.head_bytes_max:
            return False  # Everything that is counted below came in one piece.
        parts = sum(map(len, chain.from_iterable(self.headers)))
        size = len(self.url) + parts + separators
        return max(size, self._head_bytes) > self._limits.head_bytes_max

    # Time

    def _expect_head(self) -> None:
        self._expect(self._limits.head_s_max, self._head_is_late)

    def _expect_body(self) -> None:
        self._expect(self._limits.body_s_max, self._body_is_late)

    def _expect(self, seconds: float, late: Callable[[], None]) -> None:
        self._stop_reading_timer()
        self._reading = self.loop.call_later(seconds, late)

    def _stop_reading_timer(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _head_is_late(self) -> None:
        if self._head_bytes == 0:
            self.transport.close()  # Nothing was asked.
        else:
            self._give_up("request_timeout")

    def _body_is_late(self) -> None:
        if self.flow.read_paused:
            self._expect_body()  # We ourselves have not read what is there.
        else:
            self._give_up("request_timeout")

    def _note_idle(self) -> None:
        """Close the connection if nothing comes for a while. One timer is enough for many
        requests: when it fires, it looks at what has happened since."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_while_idle(self.timeout_keep_alive)

    def _wait_while_idle(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left_s = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._wait_while_idle(left_s)
        elif self.transport.get_write_buffer_size():
            self._cut_off()  # An answer that nobody reads.
        else:
            super().timeout_keep_alive_handler()

    # Writing

    def _write_whole(self, scope: Scope, status: int, headers: RawHeaders, body: bytes) -> bool:
        """Answer the last request that came, if it is the one with this scope."""
        return self.cycle.write_whole(scope, status, headers, body)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self._limits.write_s_max, self._cut_off)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_writing_timer()

    def _stop_writing_timer(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    # The end

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn gives it
        """Answer a request that cannot be parsed, or that we refused to parse. uvicorn calls
        this."""
        self._give_up(self._refusal)

    def _give_up(self, code: FailureCode) -> None:
        """Answer with `code`, unless an answer has begun, and close the connection.

        If an earlier request of this connection is still being worked on, only that one is
        answered.
        """
        self._refusing = True
        self._stop_reading_timer()
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer_and_linger(code)
        elif self._in_body and not cycle.response_started and not self.pipeline:
            self._answer_and_linger(code)
            cycle.disconnected = True
            cycle.message_event.set()
        elif self._in_body:
            self._cut_off()
        else:
            cycle.keep_alive = False

    def _answer_and_linger(self, code: FailureCode) -> None:
        self._answer(code)
        self.transport.write_eof()
        self._unset_keepalive_if_required()
        self._expect(LINGER_S_MAX, self._cut_off)

    def _answer(self, code: FailureCode) -> None:
        answer = problem(code)
        lines = [STATUS_LINE[answer.status_code]]
        headers = [*self.server_state.default_headers, *answer.raw_headers]
        lines += [b"%s: %s\r\n" % header for header in headers]
        lines += [b"connection: close\r\n\r\n", bytes(answer.body)]
        self.transport.write(b"".join(lines))

    def _cut_off(self) -> None:
        self.transport.abort()
