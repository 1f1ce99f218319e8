"""A copy of this build that a test can change, and a reader who notices if nobody answers."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.cells.embedded import RunningSystem
from tests.paths import ROOT

CODE: Final = (
    *("contracts", "runtime", "command_api", "query_api", "projector", "notifier"),
    *("neighbours", "launcher", "migrations", "deploy"),
)


def copy_code(target: Path) -> Path:
    """Copy this build, compiled as it is, so that it can be changed while it runs."""
    for folder in CODE:
        shutil.copytree(ROOT / folder, target / folder)
    return target


class TrafficReader:
    """Reads all the time, as Boris does, and notes what is not answered."""

    def __init__(self, system: RunningSystem, token: str) -> None:
        self._system = system
        self._token = token
        self.answered = 0
        self.failed: list[Any] = []

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        while True:
            for path in ("/api/v1/announcements", "/api/v1/schedule"):
                url = f"{self._system.url}{path}"
                try:
                    async with self._system.session.get(url, headers=headers) as response:
                        if response.status == 200:
                            self.answered += 1
                        elif response.status != 429:  # More than one person may ask for.
                            self.failed.append((path, await response.text()))
                except aiohttp.ClientError as error:
                    self.failed.append((path, repr(error)))
            await asyncio.sleep(0.2)
