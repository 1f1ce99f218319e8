"""One browser and one system for each module of tests. Under CI a missing browser is a failure,
not a skipped test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem, run_system
from tests.conftest import unavailable
from tests.servers.browser import WITHIN_MS, BrowserMissing, running_browser

expect.set_options(timeout=WITHIN_MS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with running_browser() as running:
            yield running
    except BrowserMissing as missing:
        unavailable(str(missing))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    async with run_system(tmp_path_factory.mktemp("site")) as found:
        yield found
