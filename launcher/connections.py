"""Asks a server over kept connections, one request at a time on each.

For many requests to one server: it costs a fifth of what a whole HTTP client does. It follows no
redirect, keeps no cookies, decodes no encoding and tries nothing again. An answer must say where
it ends, by its length or in chunks.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Final, NamedTuple, cast
from urllib.parse import urlsplit

import httptools

IDLE_S_MAX: Final = 2.0
"""Less than the time after which servers close a connection that nobody uses."""
ANSWER_S_MAX: Final = 300.0
INTERIM_BELOW: Final = 200
"""An answer with a lower status only announces another one."""


class ServerAnswer(NamedTuple):
    status: int
    headers: Mapping[bytes, bytes]
    """By name in lower case."""
    body: bytes
    seconds: float

    @property
    def position(self) -> int:
        """Return `X-Position`, or 0 without one."""
        return int(self.headers.get(b"x-position", 0))


class Connections:
    """Keeps as many connections to the server at `url` as have been asked on at the same time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname or ""
        self._port = parts.port or (80 if self._tls is None else 443)
        self._authority = parts.netloc.rpartition("@")[2]
        self._prefix = parts.path.rstrip("/")
        self._idle: list[_KeptConnection] = []

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> ServerAnswer:
        """Send a request for `path` below the url. Returns and raises as `ask` does."""
        head = [
            f"{method} {self._prefix}{path} HTTP/1.1",
            f"Host: {self._authority}",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"Content-Length: {len(body)}\r\n\r\n",
        ]
        return await self.ask("\r\n".join(head).encode("latin-1") + body)

    async def ask(self, request: bytes) -> ServerAnswer:
        """Send a whole request and return the answer.

        Raises OSError if there is none: TimeoutError if it takes longer than ANSWER_S_MAX,
        ConnectionError if it is not HTTP or breaks off.
        """
        async with asyncio.timeout(ANSWER_S_MAX):
            connection = self._take_idle() or await self._connect()
            try:
                answer = await connection.ask(request)
            except BaseException:
                connection.close()
                raise
        if connection.lost:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Close the connections that are idle."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _take_idle(self) -> "_KeptConnection | None":
        """Return the connection that was used last, unless the server may just close it."""
        if not self._idle:
            return None
        connection = self._idle.pop()
        if not connection.lost and time.perf_counter() - connection.sent_at < IDLE_S_MAX:
            return connection
        connection.close()
        self.close()  # All others have been idle for longer.
        return None

    async def _connect(self) -> "_KeptConnection":
        loop = asyncio.get_running_loop()
        return (
            await loop.create_connection(_KeptConnection, self._host, self._port, ssl=self._tls)
        )[1]


class _KeptConnection(asyncio.Protocol):
    def __init__(self) -> None:
        self.lost = False
        """Whether it cannot be asked again."""
        self.sent_at = 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[ServerAnswer] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # Uvloop's is not a subclass.

    async def ask(self, request: bytes) -> ServerAnswer:
        self._waiting = asyncio.get_running_loop().create_future()
        self.sent_at = time.perf_counter()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"the server answers something else: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or ConnectionError("the server hung up"))

    def on_message_begin(self) -> None:
        """Called by the parser, as the next three."""
        self._headers, self._body = {}, b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < INTERIM_BELOW:
            return
        self.lost = self.lost or not self._parser.should_keep_alive()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            seconds = time.perf_counter() - self.sent_at
            waiting.set_result(ServerAnswer(status, self._headers, self._body, seconds))

    def _fail(self, error: Exception) -> None:
        self.lost = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
