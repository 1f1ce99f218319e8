"""Notices that the client of a request has gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from runtime.process.tasks import end, start_for

T = TypeVar("T")


async def wait_until_gone(receive: Receive) -> None:
    """Return once the client has gone. What it still sends is not read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def finish_while_awaited(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns. If the client goes first, cancel it. The body must have been
    read. Raises ClientDisconnect."""
    working = start_for(work, "work for a client")
    leaving = start_for(wait_until_gone(request.receive), "client of the work")
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        await end(working, leaving)
