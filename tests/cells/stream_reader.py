"""Reads a stream of server-sent events as a client does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import msgspec

from tests.waiting import WITHIN_S


class StreamEvent(NamedTuple):
    """One event. `id` is the last one that the stream had given by then."""

    name: str
    data: Any
    id: str


class StreamReader:
    """The events of one stream, in order. It must have been answered with 200."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.last_id = ""
        self.heartbeats = 0

    @property
    def position(self) -> int:
        return int(self._response.headers["X-Position"])

    async def next(self) -> StreamEvent:
        """Return the next event. Raises EOFError if the stream ends first."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                block = await self._response.content.readuntil(b"\n\n")
                if not block:
                    raise EOFError
                fields = _parse(block.decode())
                self.last_id = fields.get("id", self.last_id)
                self.heartbeats += "" in fields
                if "data" in fields:
                    data = msgspec.json.decode(fields["data"])
                    return StreamEvent(fields["event"], data, self.last_id)

    async def take(self, count: int) -> list[StreamEvent]:
        return [await self.next() for _ in range(count)]

    async def begin(self) -> None:
        """Wait for the first id."""
        async with asyncio.timeout(WITHIN_S):
            block = await self._response.content.readuntil(b"\n\n")
        self.last_id = _parse(block.decode())["id"]


def _parse(block: str) -> dict[str, str]:
    pairs = (line.partition(":")[::2] for line in block.strip("\n").split("\n"))
    return {name: value.removeprefix(" ") for name, value in pairs}


@asynccontextmanager
async def reading(
    session: aiohttp.ClientSession, url: str, token: str, last_id: str = ""
) -> AsyncIterator[StreamReader]:
    """Read a stream until the end of the block."""
    headers = {"Authorization": f"Bearer {token}"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    timeout = aiohttp.ClientTimeout(total=None, sock_read=WITHIN_S)
    async with session.get(url, headers=headers, timeout=timeout) as response:
        assert response.status == 200, await response.text()
        reader = StreamReader(response)
        await reader.begin()
        yield reader
