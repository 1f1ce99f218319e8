"""The proxy does to connections what it says."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from launcher.servers.process import HOST
from tests.torture.proxy import Proxy

SILENCE_S = 0.2
"""Long enough for a byte on loopback to have come, if it were to come."""


Connect = Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Before a server that answers whatever it is told."""

    async def echo(reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    found = Proxy("echo")
    await found.start(server.sockets[0].getsockname()[1])
    yield found
    await found.stop()
    server.close()


@pytest.fixture
async def connect(proxy: Proxy) -> AsyncIterator[Connect]:
    writers: list[StreamWriter] = []

    async def greeted() -> tuple[StreamReader, StreamWriter]:
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        writers.append(writer)
        await say(reader, writer, b"hello")
        return reader, writer

    yield greeted
    for writer in writers:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def say(reader: StreamReader, writer: StreamWriter, words: bytes) -> None:
    writer.write(words)
    assert await reader.readexactly(len(words)) == words


async def test_open_it_carries_everything_and_the_end(connect: Connect) -> None:
    reader, writer = await connect()
    await say(reader, writer, bytes(1_000_000))
    writer.write_eof()
    assert await reader.read() == b""


async def test_frozen_it_carries_later(proxy: Proxy, connect: Connect) -> None:
    reader, writer = await connect()
    proxy.freeze()
    writer.write(b"late")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), SILENCE_S)
    proxy.restore()
    assert await reader.readexactly(4) == b"late"


async def test_cut_it_resets_and_refuses_until_restored(proxy: Proxy, connect: Connect) -> None:
    reader, _ = await connect()
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await connect()
    proxy.restore()
    await connect()


async def test_half_open_connections_stay_silent_and_new_ones_work(
    proxy: Proxy, connect: Connect
) -> None:
    reader, writer = await connect()
    proxy.forget()
    await connect()
    writer.write(b"anybody there?")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), SILENCE_S)
    proxy.restore()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), SILENCE_S)


async def test_slow_it_carries_all_the_same(proxy: Proxy, connect: Connect) -> None:
    reader, writer = await connect()
    proxy.slow(SILENCE_S)
    await say(reader, writer, b"slowly")
