"""A client that goes away in the middle of its upload leaves one line in the log."""

import asyncio
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from runtime.http.json_body import json_response, read_json_body
from runtime.logs.lines import CLIENT_GONE
from tests.log_lines import collect_lines
from tests.servers.front_app import make_front_app
from tests.servers.http_server import served
from tests.waiting import WITHIN_S


async def test_a_broken_off_upload_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reading, ended = asyncio.Event(), asyncio.Event()

    app = make_front_app()

    @app.post("/upload")
    async def upload(request: Request) -> Response:
        reading.set()
        return json_response(len(await read_json_body(request)))

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                ended.set()

    with collect_lines(tmp_path) as read:
        await send_half(watched, reading, ended)
        (line,) = read()
    assert (line["route"], line["status"]) == ("/upload", CLIENT_GONE)
    assert caplog.records == []


async def send_half(app: ASGIApp, reading: asyncio.Event, ended: asyncio.Event) -> None:
    """Send half of an upload and leave once somebody reads it. Returns when the app is done."""
    async with served(app) as url:
        address = URL(url)
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{")
        await asyncio.wait_for(reading.wait(), WITHIN_S)
        writer.close()
        await asyncio.wait_for(ended.wait(), WITHIN_S)
