"""Runs services as processes of their own, of which one is active and one stands by."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp

from launcher.servers.process import HOST, ServerProcess, free_port
from tests.waiting import WITHIN_S

POLL_S: Final = 0.05


class ModuleProcess:
    """One `python -m SERVICE`."""

    def __init__(
        self, service: str, name: str, directory: Path, environment: Mapping[str, str]
    ) -> None:
        port = free_port()
        self._service = service
        self._directory = directory
        self._environment = {**environment, f"{service.upper()}_PORT": str(port)}
        self.url: Final = f"http://{HOST}:{port}"
        self.process: Final = ServerProcess(name, directory / f"{name}.log")

    def start(self) -> None:
        command = [sys.executable, "-m", self._service]
        self.process.start(command, cwd=self._directory, env=self._environment)

    async def has_role(self, session: aiohttp.ClientSession, role: str) -> bool:
        """Return whether it is ready, in this role."""
        timeout = aiohttp.ClientTimeout(total=10.0)
        try:
            async with session.get(f"{self.url}/readyz", timeout=timeout) as found:
                return bool(found.status == 200 and (await found.json())["role"] == role)
        except (aiohttp.ClientError, TimeoutError):
            return False


@asynccontextmanager
async def active_and_standby(
    service: str, session: aiohttp.ClientSession, directory: Path, environment: Mapping[str, str]
) -> AsyncIterator[tuple[ModuleProcess, ModuleProcess]]:
    """Run two processes of the service inside the `with` block. The first one is active."""
    async with AsyncExitStack() as stack:
        found = []
        for name, role in (("first", "active"), ("second", "standby")):
            one = ModuleProcess(service, name, directory, environment)
            stack.push_async_callback(one.process.stop, 5.0)
            one.start()
            await until(partial(one.has_role, session, role))
            found.append(one)
        yield found[0], found[1]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once `holds` does. Raises TimeoutError after WITHIN_S."""
    async with asyncio.timeout(WITHIN_S):
        while not await holds():
            await asyncio.sleep(POLL_S)
