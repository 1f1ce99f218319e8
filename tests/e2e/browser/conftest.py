"""One browser for each module of tests. Under CI a missing one is a failure, not a skipped test."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.conftest import unavailable
from tests.servers.browser import BrowserMissing, running_browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with running_browser() as running:
            yield running
    except BrowserMissing as missing:
        unavailable(str(missing))
