"""Answers are read whole however they come, and a connection is kept only if it may be."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing

import pytest

from launcher.connections import Connections

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Position: 7\r\n\r\nhi"


class PartwiseServer:
    """Answers each request with the next of its scripts, part by part."""

    def __init__(self, scripts: Sequence[Sequence[bytes]]) -> None:
        self._scripts = list(scripts)
        self.connections = 0
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self._scripts:
            try:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            for part in self._scripts.pop(0):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()


@asynccontextmanager
async def serve(*scripts: Sequence[bytes]) -> AsyncIterator[tuple[PartwiseServer, Connections]]:
    scripted = PartwiseServer(scripts)
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with closing(Connections(f"http://127.0.0.1:{port}/below/")) as connections:
            yield scripted, connections


async def test_a_connection_is_kept_and_its_answers_are_whole() -> None:
    parts = [KEPT[:9], KEPT[9:30], KEPT[30:]]
    async with serve(parts, [KEPT], [KEPT]) as (server, connections):
        for _ in range(3):
            answer = await connections.send("GET", "/thing", {"X-Own": "1"})
            assert (answer.status, answer.body, answer.position) == (200, b"hi", 7)
    assert server.connections == 1
    assert server.requests[0].startswith(b"GET /below/thing HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n" in server.requests[0]


async def test_as_many_connections_as_are_asked_on_together() -> None:
    async with serve([KEPT], [KEPT], [KEPT]) as (server, connections):
        await asyncio.gather(*(connections.send("GET", "/", {}) for _ in range(3)))
    assert server.connections == 3


async def test_an_answer_may_come_in_chunks_after_an_interim_one() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    head = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serve([interim, head, b"3\r\none\r\n", b"2\r\ntw\r\n0\r\n\r\n"]) as (_, connections):
        answer = await connections.send("POST", "/", {}, b"body")
    assert (answer.status, answer.body, answer.position) == (201, b"onetw", 0)
    assert b"link" not in answer.headers


async def test_a_connection_that_the_server_ends_is_not_asked_again() -> None:
    last = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with serve([last], [KEPT]) as (server, connections):
        for _ in range(2):
            assert (await connections.send("GET", "/", {})).body == b"hi"
    assert server.connections == 2


@pytest.mark.parametrize("parts", [[b"what?\r\n\r\n"], [KEPT[:-1]], []])
async def test_what_is_no_answer_is_an_error(parts: list[bytes]) -> None:
    async with serve(parts) as (_, connections):
        with pytest.raises(ConnectionError):
            await connections.send("GET", "/", {})
