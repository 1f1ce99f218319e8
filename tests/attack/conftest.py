"""Gives attacks a target: one embedded system for the whole run, or a system that runs already.

`BASE_URL` names a running system; `PRACTIX_OPERATOR_TOKEN` then holds its operator token. Each test
invents people under a name of its own, so that tests do not meet.
"""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tests.attack.recorded_reads import COMMAND, FILE
from tests.attack.target import Site, Target, own_site

READINGS: Final = "readings.jsonl"
SETTINGS: Final = {
    # All tests together guess more than any one person: they share an address.
    "PRACTIX_RATE_LIMITS__ADDRESS__MISSES": "100000",
    "PRACTIX_RATE_LIMITS__ADDRESS__PUBLIC": "100000",
    # A test waits until slow requests are given up.
    "PRACTIX_HTTP__HEAD_S_MAX": "5",
    "PRACTIX_HTTP__BODY_S_MAX": "6",
}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if base_url := os.environ.get("BASE_URL"):
        yield Site(base_url.rstrip("/"), os.environ["PRACTIX_OPERATOR_TOKEN"])
        return
    with ExitStack() as stack:
        data = tmp_path_factory.mktemp("attacked")
        practix = [sys.executable, "-c", COMMAND]
        recorded = {FILE: str(data / READINGS)}
        yield stack.enter_context(own_site(data, practix=practix, **recorded, **SETTINGS))


@pytest.fixture
async def target(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    """A client of the attacked system, which must still be ready after the test."""
    async with aiohttp.ClientSession() as session:
        target = Target(site, session, request.node.name)
        yield target
        await target.await_ready()


@pytest.fixture
def readings(site: Site) -> Path:
    """The file of what the handlers of the attacked system have read; skips the test if the system
    runs elsewhere."""
    if site.data is None:
        pytest.skip("the system runs elsewhere")
    return site.data / READINGS


@pytest.fixture
def own_pid(site: Site) -> int:
    """Process id of the attacked system, for tests that kill parts of it; skips the test if
    the system runs elsewhere.

    All tests of a run together may kill PostgreSQL five times in five minutes: more often,
    and the launcher takes it for broken and ends (`launcher.profiles.supervision`).
    """
    if site.pid is None:
        pytest.skip("the system runs elsewhere")
    return site.pid
