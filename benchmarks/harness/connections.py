"""Asks a server over kept connections, one request at a time on each, and reads its answers."""

import asyncio
import time
from typing import Final, NamedTuple, cast

IDLE_S_MAX: Final = 2.0
"""Less than the time after which servers close a connection that nobody uses."""


class ServerAnswer(NamedTuple):
    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def position(self) -> int:
        """Return `X-Position`, or 0 without one."""
        return _read_number(self.head, b"x-position")


class Connections:
    """Keeps as many connections to 127.0.0.1:`port` as have been asked on at the same time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_KeptConnection] = []

    async def ask(self, request: bytes) -> ServerAnswer:
        """Send a whole request and return the answer. Raises ConnectionError."""
        connection = self._take_idle() or await self._connect()
        answer = await connection.ask(request)
        self._idle.append(connection)
        return answer

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

    def close(self) -> None:
        """Close the connections that are idle."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _connect(self) -> "_KeptConnection":
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_KeptConnection, "127.0.0.1", self._port))[1]


class _KeptConnection(asyncio.Protocol):
    """Understands answers with a Content-Length."""

    def __init__(self) -> None:
        self.lost = False
        self._buffer = b""
        self.sent_at = 0.0
        self._waiting: asyncio.Future[ServerAnswer] | None = None

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
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if (
            not separator
            or len(body) < _read_number(head, b"content-length")
            or self._waiting is None
        ):
            return
        self._buffer = b""
        seconds = time.perf_counter() - self.sent_at
        waiting, self._waiting = self._waiting, None
        if not waiting.done():
            waiting.set_result(ServerAnswer(int(head[9:12]), head, body, seconds))

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionError("the server hung up"))


def _read_number(head: bytes, name: bytes) -> int:
    """Return the number that a header states, or 0 without it."""
    _, found, rest = head.lower().partition(b"\r\n%b:" % name)
    return int(rest.split(b"\r\n", 1)[0]) if found else 0
