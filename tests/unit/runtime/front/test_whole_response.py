"""A response that is written at once reaches the client as it would in two messages."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from yarl import URL

from contracts.errors import NotFound
from runtime.front.whole_response import EXTENSION, WriteWhole, render_headers, write_whole
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import FinishedJson, json_response, read_json_body
from runtime.limits.limiter import Limiter
from runtime.limits.settings import RateLimits
from runtime.service.app import ServiceApp, make_app
from tests.servers.http_server import served
from tests.waiting import WITHIN_S

HEAD = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-ID: {'a' * 32}\r\n"
_DATE = re.compile(rb"date: [^\r]*")


class ByMessages:
    """Hides from an app that its server writes whole responses."""

    def __init__(self, app: ServiceApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            assert EXTENSION in scope.pop("extensions")
        await self._app(scope, receive, send)


def build() -> ServiceApp:
    app = make_app("PRACTIX", lambda _: nullcontext(), Limiter(RateLimits(), lambda: 1_000.0))
    app.router.route_class = ApiRoute

    @app.get("/json")
    async def json(_request: Request) -> Response:
        return json_response({"a": "б"}, headers={"X-Position": "7"})

    @app.get("/page")
    async def page(_request: Request) -> Response:
        return HTMLResponse("<p>")

    @app.get("/none")
    async def none(_request: Request) -> Response:
        return Response(status_code=304, headers={"ETag": '"1"'})

    @app.get("/missing")
    async def missing(_request: Request) -> Response:
        raise NotFound

    @app.get("/stream")
    async def stream(_request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"a"

        return StreamingResponse(parts())

    @app.get("/split")
    async def split(_request: Request) -> Response:
        return FinishedJson(b"{}", 200, [(b"x-split", b"a\r\nset-cookie: b")])

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return FinishedJson(await read_json_body(request), 201, [(b"x-own", b"\xe4\t1")])

    return app


@pytest.mark.parametrize(
    "requests",
    [
        "GET /json" + HEAD,
        "HEAD /json" + HEAD,
        "GET /page" + HEAD,
        "GET /none" + HEAD,
        "GET /missing" + HEAD,
        "GET /stream" + HEAD,
        "GET /split" + HEAD,
        "GET /nowhere" + HEAD,
        "POST /echo" + HEAD + "Content-Length: 2\r\n\r\n{}GET /page" + HEAD,
        "POST /echo" + HEAD + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}GET /json" + HEAD,
        ("GET /json" + HEAD + "\r\n") * 3 + "HEAD /json" + HEAD + "\r\nGET /json" + HEAD,
    ],
)
async def test_a_client_sees_the_same_bytes(requests: str) -> None:
    answers = []
    for app in (build(), ByMessages(build())):
        async with served(app) as url:
            answers.append(await exchange(url, f"{requests}\r\n"))
    assert answers[0] == answers[1]
    assert answers[0].startswith(b"" if "/split" in requests else b"HTTP/1.1 ")
    assert b"set-cookie" not in answers[0]


async def test_an_answer_on_a_connection_that_stays_open_is_written_at_once() -> None:
    app = build()
    written: list[bool] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            write: WriteWhole = scope["extensions"][EXTENSION]

            def watched_write(*args: Any) -> bool:
                written.append(write(*args))
                return written[-1]

            scope["extensions"] = {EXTENSION: watched_write}
        await app(scope, receive, send)

    async with served(watched) as url:
        await exchange(url, f"GET /json{HEAD}\r\n")
    assert written == [True, False]


async def exchange(url: str, requests: str) -> bytes:
    """Return all that a server answers on a connection to these requests, and to one more that
    asks it to close the connection. Leaves dates out."""
    address = URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    async with asyncio.timeout(WITHIN_S):
        writer.write(requests.encode())
        answer = await reader.read(1)
        writer.write(f"GET /json{HEAD}Connection: close\r\n\r\n".encode())
        answer += await reader.read()
    writer.close()
    return _DATE.sub(b"", answer)


async def test_what_is_not_whole_goes_as_messages() -> None:
    async def later() -> None:
        raise AssertionError

    scope = {"extensions": {EXTENSION: lambda *_: True}}
    assert write_whole(scope, Response(b"a"))
    assert not write_whole({}, Response(b"a"))
    assert not write_whole(scope, Response(b"a", background=BackgroundTask(later)))
    assert not write_whole(scope, Response(b"a", headers={"Content-Length": "2"}))
    assert not write_whole(scope, StreamingResponse(iter(())))


@pytest.mark.parametrize("value", [b"a\nb", b"a\r\nb: c", b"a\r", b"\x00", b"\x7f"])
def test_a_value_that_would_break_a_line_is_not_rendered(value: bytes) -> None:
    assert render_headers([(b"a", b"b"), (b"c", value)]) is None
    assert render_headers([(value, b"b")]) is None


def test_headers_about_the_connection_are_left_to_the_server() -> None:
    assert render_headers([(b"connection", b"close")]) is None
    assert render_headers([(b"a", b"\t1"), (b"b", b"\xe4")]) == b"a: \t1\r\nb: \xe4\r\n"
