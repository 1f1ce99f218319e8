"""A client that goes away in the middle of its upload leaves one line in the log."""

import asyncio
import logging

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from runtime.http.json_body import json_response, read_json_body
from tests.servers.front_app import make_front_app
from tests.servers.http_server import served


async def test_a_broken_off_upload_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
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

    caplog.set_level(logging.INFO)
    async with served(watched) as url:
        address = URL(url)
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{")
        await asyncio.wait_for(reading.wait(), 10)
        writer.close()
        await asyncio.wait_for(ended.wait(), 10)
    ours = [one.message for one in caplog.records if one.name.startswith("runtime.")]
    assert ours == ["client went away"]
    assert not any(record.exc_info for record in caplog.records)
