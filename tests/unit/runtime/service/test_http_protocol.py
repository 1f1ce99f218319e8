"""No client that is slow, and none that sends without end, holds a server up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import msgspec
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from runtime.service.http_limits import HttpLimits
from runtime.service.http_protocol import BoundedProtocol
from runtime.service.serving import server_config
from tests.waiting import WITHIN_S

HURRIED = HttpLimits(head_s_max=0.3, body_s_max=0.3, write_s_max=0.5, connections_max=3)
UNHURRIED = HttpLimits(head_s_max=600, body_s_max=600, write_s_max=600, connections_max=3)
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
LARGE_BYTES = 8 * 1024 * 1024


class App:
    """Answers with the size of the body; `/large` with more than any buffer holds; `/stuck`
    takes the body only once it is allowed to."""

    def __init__(self) -> None:
        self.allowed = asyncio.Event()
        self.ended: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/stuck":
            await self.allowed.wait()
        size, more = 0, True
        while more and scope["path"] != "/early":
            message = await receive()
            if message["type"] == "http.disconnect":
                self.ended.append("disconnected")
                return
            size += len(message["body"])
            more = message["more_body"]
        body = b"x" * LARGE_BYTES if scope["path"] == "/large" else str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self.ended.append("answered")


class ServedApp(NamedTuple):
    app: App
    server: uvicorn.Server
    port: int

    async def connect(self) -> "RawConnection":
        return RawConnection(*await asyncio.open_connection("127.0.0.1", self.port))

    @property
    def connections(self) -> list[BoundedProtocol]:
        found = self.server.server_state.connections
        return [one for one in found if isinstance(one, BoundedProtocol)]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                await asyncio.sleep(0.01)


class RawConnection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of one answer."""
        async with asyncio.timeout(WITHIN_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            body = await self.reader.readexactly(int(fields[b"content-length"]))
        return int(head.split()[1]), body

    async def problem(self) -> str:
        """Code of a problem, after which the server hears no more."""
        status, body = await self.answer()
        decoded: dict[str, Any] = msgspec.json.decode(body)
        assert decoded["status"] == status
        await self.closed()
        return str(decoded["code"])

    async def closed(self) -> None:
        async with asyncio.timeout(WITHIN_S):
            with suppress(ConnectionError):
                assert await self.reader.read() == b""
        self.writer.close()


@asynccontextmanager
async def serving(limits: HttpLimits) -> AsyncIterator[ServedApp]:
    app = App()
    config = server_config(app, limits, host="127.0.0.1", port=0)
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen()
    running = asyncio.create_task(server.serve([listener]))
    try:
        yield ServedApp(app, server, listener.getsockname()[1])
    finally:
        app.allowed.set()
        server.should_exit = True
        server.force_exit = True
        await running
        listener.close()


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    """For what takes too long."""
    async with serving(HURRIED) as found:
        yield found


@pytest.fixture
async def unhurried() -> AsyncIterator[ServedApp]:
    """For what must not be taken for slow on a busy machine."""
    async with serving(UNHURRIED) as found:
        yield found


async def drip(client: RawConnection, piece: bytes) -> None:
    """Send `piece` again and again, each time a moment before the last one is forgotten."""
    with suppress(ConnectionError):
        while True:
            client.send(piece)
            await client.writer.drain()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def dripping(client: RawConnection, piece: bytes) -> AsyncIterator[None]:
    task = asyncio.create_task(drip(client, piece))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_requests_of_one_connection_are_answered(unhurried: ServedApp) -> None:
    client = await unhurried.connect()
    for body in (b"", b"four", b"x" * 200_000):
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert await client.answer() == (200, str(len(body)).encode())
    client.send(REQUEST * 3)
    for _ in range(3):
        assert await client.answer() == (200, b"0")
    client.writer.close()


async def test_a_head_that_comes_byte_by_byte_is_given_up(served: ServedApp) -> None:
    client = await served.connect()
    client.send(b"GET / HTTP/1.1\r\nX-Slow: ")
    async with dripping(client, b"x"):
        assert await client.problem() == "request_timeout"
    assert served.app.ended == []


async def test_a_second_head_that_comes_byte_by_byte_is_given_up(served: ServedApp) -> None:
    client = await served.connect()
    client.send(REQUEST)
    assert await client.answer() == (200, b"0")
    async with dripping(client, b"\r\n"):  # Empty lines before a request are allowed.
        assert await client.problem() == "request_timeout"


async def test_a_connection_that_asks_nothing_is_closed(served: ServedApp) -> None:
    await (await served.connect()).closed()


async def test_a_body_that_comes_byte_by_byte_is_given_up(served: ServedApp) -> None:
    client = await served.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n")
    async with dripping(client, b"x"):
        assert await client.problem() == "request_timeout"
    await served.until(lambda: served.app.ended == ["disconnected"])


async def test_a_body_waits_for_an_app_that_has_not_taken_it(unhurried: ServedApp) -> None:
    client = await unhurried.connect()
    body = b"x" * 400_000
    client.send(b"POST /stuck HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await unhurried.until(lambda: any(one.flow.read_paused for one in unhurried.connections))
    (connection,) = unhurried.connections
    connection._body_is_late()  # As its timer would have it.
    unhurried.app.allowed.set()
    assert await client.answer() == (200, b"400000")
    client.writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Large: " + b"x" * 20_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 101 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 999) for n in range(40)),
    ],
    ids=["line", "header", "many", "together"],
)
async def test_a_head_that_is_too_large_is_refused(unhurried: ServedApp, head: bytes) -> None:
    client = await unhurried.connect()
    client.send(head)
    assert await client.problem() == "head_too_large"
    assert unhurried.app.ended == []


async def test_a_large_head_that_began_behind_another_request_is_refused(
    unhurried: ServedApp,
) -> None:
    client = await unhurried.connect()
    client.send(REQUEST + b"GET / HTTP/1.1\r\nX-Large: " + b"x" * 33_000 + b"\r\nX-Last: ")
    await unhurried.until(lambda: unhurried.app.ended == ["answered"])
    client.send(b"1\r\n\r\n")
    assert await client.answer() == (200, b"0")
    assert await client.problem() == "head_too_large"


async def test_headers_without_end_after_the_body_are_refused(unhurried: ServedApp) -> None:
    client = await unhurried.connect()
    client.send(b"POST /stuck HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"0\r\n" + b"X-Many: 1\r\n" * 101)
    assert await client.problem() == "head_too_large"


async def test_a_header_without_end_after_the_body_is_refused(unhurried: ServedApp) -> None:
    client = await unhurried.connect()
    client.send(b"POST /stuck HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"0\r\nX-Long: " + b"a" * 2**20)  # More than is read at a time.
    assert await client.problem() == "head_too_large"


async def test_what_is_no_http_is_a_problem_too_and_has_no_line_in_the_log(
    unhurried: ServedApp, caplog: pytest.LogCaptureFixture
) -> None:
    client = await unhurried.connect()
    client.send(b"nonsense\r\n\r\n")
    assert await client.problem() == "malformed_request"
    client = await unhurried.connect()
    client.send(REQUEST[:-2] + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert await client.answer() == (200, b"0")
    client.writer.close()
    assert caplog.messages == []


async def test_what_comes_after_an_early_answer_is_not_read_for_ever(unhurried: ServedApp) -> None:
    client = await unhurried.connect()
    client.send(b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
    assert await client.answer() == (200, b"0")
    async with dripping(client, b"x" * 1000):
        await client.closed()


async def test_an_answer_that_nobody_reads_is_given_up(served: ServedApp) -> None:
    client = await served.connect()
    client.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
    await served.until(lambda: bool(served.connections))
    await served.until(lambda: not served.connections)
    client.writer.close()


async def test_a_new_connection_takes_the_place_of_an_idle_one(unhurried: ServedApp) -> None:
    idle = await unhurried.connect()
    idle.send(REQUEST)
    assert await idle.answer() == (200, b"0")
    async with filled(unhurried, UNHURRIED.connections_max - 1):
        client = await unhurried.connect()
        client.send(REQUEST)
        assert await client.answer() == (200, b"0")
        await idle.closed()
        client.writer.close()


async def test_beyond_the_last_connection_is_503(unhurried: ServedApp) -> None:
    async with filled(unhurried, UNHURRIED.connections_max):
        assert await (await unhurried.connect()).problem() == "unavailable"


@asynccontextmanager
async def filled(served: ServedApp, count: int) -> AsyncIterator[None]:
    """With so many connections that are about to ask something."""
    before = len(served.connections)
    clients = [await served.connect() for _ in range(count)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\n")
    await served.until(lambda: len(served.connections) == before + count)
    yield
    for client in clients:
        client.writer.close()
