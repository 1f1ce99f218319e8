"""A TCP proxy that a test can freeze, cut, slow down, or let connections die unseen in.

What a network does to connections, a process on one machine cannot see otherwise: a peer
that is gone without a word, a link that carries nothing for a while, a refusal.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET, socket
from struct import pack
from typing import Final
from urllib.parse import urlsplit

from launcher.servers.process import HOST

CHUNK_BYTES: Final = 65_536
AT_ONCE: Final = pack("ii", 1, 0)
"""Linger for no time: closing sends a reset."""


class Proxy:
    """Listens on `port` and connects to `target`, which may change. Open at first. The port
    is taken at once, but nobody is listened to before `start`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listener = socket()
        self._listener.bind((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.target = 0
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._delay_s = 0.0

    async def start(self, target: int) -> None:
        self.target = target
        self._server = await asyncio.start_server(self._accept, sock=self._listener)

    async def stop(self) -> None:
        """End every connection."""
        self._refusing = True
        if self._server is not None:
            self._server.close()
        self._listener.close()
        self._flowing.set()
        self._abort_all()
        await asyncio.gather(*self._serving)

    def freeze(self) -> None:
        """Carry nothing until `restore`; then everything, in order."""
        self._flowing.clear()

    def slow(self, delay_s: float) -> None:
        """Delay every piece by so much."""
        self._delay_s = delay_s

    def cut(self) -> None:
        """Reset what is connected and refuse what comes, until `restore`."""
        self._refusing = True
        self._abort_all()

    def forget(self) -> None:
        """Let the open connections go silent for good, as half-open ones do: what is sent is
        swallowed, nothing comes, and neither end is told. New ones work."""
        for connection in self._connections:
            connection.silent = True

    def restore(self) -> None:
        self._refusing = False
        self._delay_s = 0.0
        self._flowing.set()

    async def carry(self, connection: "_Connection") -> bool:
        """Wait as long as the link takes; returns False if what was sent is lost."""
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        await self._flowing.wait()
        return not connection.silent

    def _abort_all(self) -> None:
        for connection in tuple(self._connections):
            connection.abort()

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._refusing:
            _reset(writer)
            return
        await self._flowing.wait()
        try:
            there = await asyncio.open_connection(HOST, self.target)
        except OSError:
            _reset(writer)
            return
        connection = _Connection(self, (reader, writer), there)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)


class _Connection:
    def __init__(
        self,
        proxy: Proxy,
        here: tuple[StreamReader, StreamWriter],
        there: tuple[StreamReader, StreamWriter],
    ) -> None:
        self.silent = False
        self._proxy = proxy
        self._here = here
        self._there = there

    async def run(self) -> None:
        """Until both ends have said all, or one breaks. While silent no end hears of the
        other's."""
        with suppress(OSError):
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry(self._here[0], self._there[1]))
                ways.create_task(self._carry(self._there[0], self._here[1]))
        self.abort()
        for _, writer in (self._here, self._there):
            with suppress(OSError):
                await writer.wait_closed()

    def abort(self) -> None:
        for _, writer in (self._here, self._there):
            _reset(writer)

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if await self._proxy.carry(self):
                    writer.write(chunk)
                    await writer.drain()
            if await self._proxy.carry(self) and writer.can_write_eof():
                writer.write_eof()
            return
        if not self.silent:
            _reset(writer)


def _reset(writer: StreamWriter) -> None:
    connected = writer.get_extra_info("socket")
    if not writer.transport.is_closing():
        connected.setsockopt(SOL_SOCKET, SO_LINGER, AT_ONCE)
    writer.transport.abort()


async def start_table_link(postgres_dsn: str) -> tuple[Proxy, str]:
    """Return a link to the database, and the address through it."""
    address = urlsplit(postgres_dsn)
    assert address.port is not None
    link = Proxy("tables")
    await link.start(address.port)
    through = postgres_dsn.replace(f":{address.port}/", f":{link.port}/")
    assert HOST in through
    return link, through
