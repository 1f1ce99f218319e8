"""Slow and endless requests are given up, and nobody else waits for them.

A gateway in front may answer in its own words, or just close.
"""

import asyncio
from contextlib import suppress

from yarl import URL

from tests.attack.target import Target

GIVEN_UP_S_MAX = 50.0
AT_ONCE = 20
REFUSED = ("400", "408", "413", "414", "431")
WRITE = (
    "POST /api/v1/announcement/{film} HTTP/1.1\r\nHost: {{host}}\r\n"
    "Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    "Content-Length: 4000\r\n\r\n"
)


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, target: Target) -> "Connection":
        url = URL(target.site.base_url)
        assert url.host is not None
        return cls(*await asyncio.open_connection(url.host, url.port))

    async def refused(self, first: bytes, drip: bytes) -> str:
        """The status with which it ended, "" without one: `first`, then a byte a second."""
        dripping = asyncio.create_task(self._drip(first, drip))
        received = b""
        async with asyncio.timeout(GIVEN_UP_S_MAX):
            with suppress(ConnectionError):
                while piece := await self._reader.read(65536):
                    received += piece
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        self._writer.close()
        return received.split(b" ")[1].decode() if received else ""

    async def _drip(self, first: bytes, drip: bytes) -> None:
        with suppress(ConnectionError):
            self._writer.write(first)
            while True:
                await self._writer.drain()
                await asyncio.sleep(1.0)
                self._writer.write(drip)


async def attacked(target: Target, first: str, drip: bytes = b"x") -> list[str]:
    """How some connections that do the same ended, while others are served."""
    host = URL(target.site.base_url).authority
    connections = [await Connection.to(target) for _ in range(AT_ONCE)]
    ends = asyncio.gather(
        *(one.refused(first.format(host=host).encode(), drip) for one in connections)
    )
    while not ends.done():
        assert (await target.send("GET", "/readyz")).status == 200
        await asyncio.wait([ends], timeout=1.0)
    return await ends


async def test_heads_and_bodies_of_a_byte_a_second_are_given_up(target: Target) -> None:
    token, _ = await target.person("host")
    write = WRITE.format(film=await target.film(), token=token)
    head, body, nothing = await asyncio.gather(
        attacked(target, "GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: "),
        attacked(target, write),
        attacked(target, ""),
    )
    assert set(head + body + nothing) <= {"", *REFUSED}


async def test_a_header_of_twenty_megabytes_is_refused(target: Target) -> None:
    endless = "GET / HTTP/1.1\r\nHost: {host}\r\nX-Large: " + "x" * 20_000_000
    (end, *_) = await attacked(target, endless)
    assert end in {"", *REFUSED}
