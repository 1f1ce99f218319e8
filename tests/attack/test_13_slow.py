"""Slow and endless requests are ended, and nobody else waits for them."""

import asyncio
from contextlib import suppress
from typing import Final

from yarl import URL

from tests.attack.target import Target

GIVEN_UP_S_MAX = 50.0
AT_ONCE = 20
PIECE_BYTES = 65_536
CLOSED: Final = ""
"""Instead of a status: the connection was closed without an answer."""
OF_A_GATEWAY: Final = {CLOSED, "400", "408", "413", "414", "431"}
"""A gateway in front of a system answers in its own words, or just closes."""
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

    async def status_at_end(self, first: bytes, drip: bytes) -> str:
        """Send `first`, then `drip` each second; return the status it ended with, or CLOSED."""
        dripping = asyncio.create_task(self._drip(first, drip))
        received = b""
        try:
            async with asyncio.timeout(GIVEN_UP_S_MAX):
                with suppress(ConnectionError):
                    while piece := await self._reader.read(PIECE_BYTES):
                        received += piece
        finally:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
            self._writer.close()
        return received.split(b" ")[1].decode() if received else CLOSED

    async def _drip(self, first: bytes, drip: bytes) -> None:
        with suppress(ConnectionError):
            for start in range(0, len(first), PIECE_BYTES):
                self._writer.write(first[start : start + PIECE_BYTES])
                await self._writer.drain()
            while True:
                await asyncio.sleep(1.0)
                self._writer.write(drip)
                await self._writer.drain()


async def attack(target: Target, first: str, promised: str, drip: bytes = b"x") -> None:
    """Do the same on some connections: each ends as promised, and others are served."""
    request = first.format(host=URL(target.site.base_url).authority).encode()
    connections = [await Connection.to(target) for _ in range(AT_ONCE)]
    async with asyncio.TaskGroup() as group:
        ends = [group.create_task(one.status_at_end(request, drip)) for one in connections]
        while not all(end.done() for end in ends):
            await assert_ready(target)
            await asyncio.wait(ends, timeout=1.0)
    expected = {promised} if target.site.pid is not None else OF_A_GATEWAY
    assert {end.result() for end in ends} <= expected
    await assert_ready(target)


async def assert_ready(target: Target) -> None:
    assert (await target.send("GET", "/readyz")).status == 200


async def test_heads_and_bodies_of_a_byte_a_second_are_given_up(target: Target) -> None:
    token, _ = await target.person("host")
    write = WRITE.format(film=await target.film(), token=token)
    head = "GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: "
    async with asyncio.TaskGroup() as group:
        group.create_task(attack(target, head, "408"))
        group.create_task(attack(target, write, "408"))
        group.create_task(attack(target, "", "408", drip=b"\r\n"))
        group.create_task(attack(target, "", CLOSED, drip=b""))


async def test_a_header_of_twenty_megabytes_is_refused(target: Target) -> None:
    endless = "GET / HTTP/1.1\r\nHost: {host}\r\nX-Large: " + "x" * 20_000_000
    await attack(target, endless, "431")
