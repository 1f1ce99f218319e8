"""What a client sees does not depend on whether uvicorn's own request is used, or ours."""

import asyncio
from contextlib import nullcontext
from typing import Any

import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from runtime.http.api_route import ApiRoute
from runtime.http.json_body import FinishedJson, read_json_body
from runtime.limits.limiter import Limiter
from runtime.limits.settings import RateLimits
from runtime.service.app import ServiceApp, make_app
from runtime.service.http_limits import DEFAULT
from runtime.service.http_protocol import BoundedProtocol
from runtime.service.request_cycle import RequestCycle
from tests.waiting import WITHIN_S

_DEFAULT_HEADERS = [(b"date", b"now"), (b"server", b"uvicorn")]


def build() -> ServiceApp:
    app = make_app("PRACTIX", lambda _: nullcontext(), Limiter(RateLimits(), lambda: 1_000.0))
    app.router.route_class = ApiRoute

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        body = await read_json_body(request)
        return FinishedJson(body, 201, [(b"x-own", request.headers.get("x-own", "").encode())])

    @app.get("/late")
    async def late(request: Request) -> Response:
        await asyncio.sleep(0)
        message = await request.receive()
        return FinishedJson(b"%d" % len(message["body"]), 200, [])

    @app.get("/stream")
    async def stream(_request: Request) -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    @app.get("/fails")
    async def fails(_request: Request) -> Response:
        raise RuntimeError

    return app


class Transport(asyncio.Transport):
    """Keeps what is written, and says whether anybody wants to read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.wants_more = asyncio.Event()
        self.wants_more.set()
        self.closing = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)}.get(name, default)

    def write(self, data: Any) -> None:
        assert not self.closing
        self.written += data

    def pause_reading(self) -> None:
        self.wants_more.clear()

    def resume_reading(self) -> None:
        self.wants_more.set()

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True
        self.wants_more.set()

    def get_write_buffer_size(self) -> int:
        return 0


def _request(
    method: str, target: str, body: bytes, *, chunked: bool, expect: bool, ending: str
) -> bytes:
    version, connection = ending.split(";")
    own = f"X-Request-ID: {'a' * 32}"
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", "X-Own: 1", own, connection]
    if chunked and version == "1.1":
        lines.append("Transfer-Encoding: chunked")
        half = len(body) // 2
        pieces = [piece for piece in (body[:half], body[half:]) if piece]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
    if expect:
        lines.append("Expect: 100-continue")
    head = "\r\n".join(line for line in lines if line)
    return head.encode() + b"\r\n\r\n" + body


_requests = st.lists(
    st.builds(
        _request,
        st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "OPTIONS"]),
        st.sampled_from(
            ["/echo", "/echo", "/echo", "/echo?a=1", "/late", "/stream", "/fails", "/%D1%8F", "/"]
        ),
        st.sampled_from([b"", b"{}", b'"' + b"x" * 200 + b'"', b"9" * 70_000]),
        chunked=st.booleans(),
        expect=st.booleans(),
        ending=st.sampled_from(["1.1;"] * 8 + ["1.1;Connection: close", "1.0;"]),
    ),
    min_size=1,
    max_size=5,
)


async def _answer(own: bool, pieces: list[bytes], count: int) -> bytes:
    """Return all that is written for `count` requests that come in these pieces."""
    config = uvicorn.Config(build(), access_log=False, log_config=None, ws="none")
    config.load()
    state = ServerState()
    state.default_headers = _DEFAULT_HEADERS
    protocol = (
        BoundedProtocol(config, state, {}, limits=DEFAULT)
        if own
        else HttpToolsProtocol(config, state, {})
    )
    transport = Transport()
    protocol.connection_made(transport)
    async with asyncio.timeout(WITHIN_S):
        for piece in pieces:
            await transport.wants_more.wait()
            if transport.closing:
                break
            protocol.data_received(piece)
            await asyncio.sleep(0)
        while state.tasks or (state.total_requests < count and not transport.closing):
            await asyncio.sleep(0)
    protocol.connection_lost(None)
    return transport.written


@settings(max_examples=120, deadline=None)
@given(_requests, st.lists(st.integers(1, 300) | st.just(40_000), max_size=6))
def test_a_client_sees_the_same_bytes_of_both(requests: list[bytes], cuts: list[int]) -> None:
    rest = b"".join(requests)
    pieces = []
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces = [piece for piece in (*pieces, rest) if piece]
    ours = asyncio.run(_answer(True, pieces, len(requests)))
    assert ours == asyncio.run(_answer(False, pieces, len(requests)))
    assert ours.startswith(b"HTTP/1.1 ")


async def test_our_request_has_everything_that_uvicorns_has() -> None:
    config = uvicorn.Config(build(), access_log=False, log_config=None, ws="none")
    config.load()
    protocol = BoundedProtocol(config, ServerState(), {}, limits=DEFAULT)
    protocol.connection_made(Transport())
    theirs = RequestResponseCycle(
        scope={},  # type: ignore[typeddict-item]  # Nobody reads it.
        transport=protocol.transport,
        flow=protocol.flow,
        logger=protocol.logger,
        access_logger=protocol.access_logger,
        access_log=False,
        default_headers=[],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )
    ours = RequestCycle(protocol, {}, keep_alive=True)
    protocol.connection_lost(None)
    for name, value in vars(theirs).items():
        assert type(getattr(ours, name)) is type(value) or callable(value), name


async def test_a_piece_that_came_before_anybody_waited_is_received_once() -> None:
    config = uvicorn.Config(build(), access_log=False, log_config=None, ws="none")
    config.load()
    protocol = BoundedProtocol(config, ServerState(), {}, limits=DEFAULT)
    protocol.connection_made(Transport())
    cycle = RequestCycle(protocol, {}, keep_alive=True)
    cycle.add_body(b"a")
    assert await cycle.receive() == {"type": "http.request", "body": b"a", "more_body": True}
    waiting = asyncio.create_task(cycle.receive())
    await asyncio.sleep(0)
    cycle.add_body(b"b")
    cycle.end_body()
    assert await waiting == {"type": "http.request", "body": b"b", "more_body": False}
    leaving = asyncio.create_task(cycle.receive())
    await asyncio.sleep(0)
    assert not leaving.done()
    protocol.cycle = cycle
    protocol.connection_lost(None)
    assert await leaving == {"type": "http.disconnect"}


async def test_only_a_connection_that_was_idle_long_enough_is_closed() -> None:
    config = uvicorn.Config(build(), access_log=False, log_config=None, ws="none")
    config.load()
    protocol = BoundedProtocol(config, ServerState(), {}, limits=DEFAULT)
    transport = Transport()
    protocol.connection_made(transport)
    for _ in range(2):
        protocol.data_received(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        protocol.timeout_keep_alive_handler()  # In the middle of a request.
        while not protocol.cycle.response_complete:
            await asyncio.sleep(0)
        protocol.timeout_keep_alive_handler()  # Too early.
        assert not transport.closing
    protocol.timeout_keep_alive = 0
    protocol.timeout_keep_alive_handler()
    assert transport.closing
    protocol.connection_lost(None)
