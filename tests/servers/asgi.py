"""Sends a request to an ASGI app without a server, so that tests can try many routes."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Address
from itertools import count
from typing import Any, NamedTuple

import msgspec

Headers = Sequence[tuple[str, str]]

_addresses = (str(IPv4Address(number)) for number in count(int(IPv4Address("10.0.0.1"))))


class AsgiAnswer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def call(
    app: Any,
    method: str,
    target: str,
    headers: Headers = (),
    body: bytes = b"",
    client: str | None = None,
) -> AsgiAnswer:
    """Return the whole answer to a client at the address `client`, or at one that never asked
    before.

    `target` is the path with its query, as in a request line. If the answer has a header twice, the
    last one counts.
    """
    path, _, query = target.partition("?")
    sent: list[dict[str, Any]] = []
    came = False

    async def receive() -> dict[str, Any]:
        nonlocal came
        if came:
            await asyncio.Event().wait()  # The client stays and sends no more.
        came = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            *((name.lower().encode(), value.encode()) for name, value in headers),
            (b"host", b"127.0.0.1"),
            (b"content-length", str(len(body)).encode()),
        ],
        "client": (client or next(_addresses), 1),
        "server": ("127.0.0.1", 80),
        "state": {},
        "app": app,
    }
    await app(scope, receive, send)
    start, *parts = sent
    return AsgiAnswer(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(part.get("body", b"") for part in parts),
    )
