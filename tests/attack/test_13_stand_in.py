"""13: a hundred megabytes, posted to the stand-in, were kept before anything looked at them.

The answer comes long before the end, and what is sent on meanwhile is thrown away for a
moment at most: then the connection is cut.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.attack.target import Target

MEGABYTES = 100
PAUSE_S = 0.01


@pytest.mark.parametrize(
    "path", ["/neighbours/auth/token", "/neighbours/notification/send", "/neighbours/control/ugc"]
)
async def test_a_body_without_end_is_cut_off(target: Target, path: str) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < MEGABYTES * 1_000_000:
            sent += 65_536
            yield b" " * 65_536
            await asyncio.sleep(PAUSE_S)  # No faster than the answer can come.

    headers = {"Content-Type": "application/json"}
    try:
        async with target.session.post(
            target.site.base_url + path, data=body(), headers=headers
        ) as response:
            assert response.status == 413
    except aiohttp.ClientConnectionError:
        pass  # Hung up on us: as good an answer to somebody who does not stop.
    assert sent < MEGABYTES * 1_000_000 / 2
