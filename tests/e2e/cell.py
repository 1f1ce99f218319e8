"""Runs a cell of real processes: command processes over a real broker, and the stand-in."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp

from launcher.servers.process import ServerProcess, free_port
from tests.cells.stand_in import CREDENTIAL, TOKEN_SECRET

SECRET: Final = TOKEN_SECRET
HEARTBEAT_TIMEOUT_S: Final = 2.0
RAISED_LIMITS: Final = '{"person": {"writes": 1000000}, "address": {"writes": 1000000}}'
"""A few people, on one machine, who write without a pause."""


class CommandProcess:
    """One `python -m command_api`, which keeps its port when it is started again."""

    def __init__(self, name: str, directory: Path, kafka: str, topic: str, neighbours: str) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = ServerProcess(name, directory / f"{name}.log")
        self._directory = directory
        self.peers = [self.url]
        """Addresses of the command processes of the cell."""
        self._environment = {
            "COMMAND_API_PORT": str(self.port),
            "COMMAND_API_OWN_URL": self.url,
            "COMMAND_API_CELL_SECRET": "the secret of the cell, of thirty-two bytes or more",
            "COMMAND_API_HEARTBEAT_TIMEOUT_S": str(HEARTBEAT_TIMEOUT_S),
            "COMMAND_API_JOURNAL_TOPIC": topic,
            "COMMAND_API_TOKEN__SECRET": SECRET,
            "PRACTIX_OPERATOR_TOKEN": SECRET,
            "PRACTIX_RATE_LIMITS": RAISED_LIMITS,
            "PRACTIX_HTTP__DRAIN_S": "0",
            "COMMAND_API_NEIGHBOURS__BASE_URL": neighbours,
            "COMMAND_API_NEIGHBOURS__CREDENTIAL": CREDENTIAL,
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "PYTHONPATH": os.getcwd(),
        }

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Return when the process follows the journal and knows a leader."""
        command = [sys.executable, "-m", "command_api"]
        environment = {**self._environment, "COMMAND_API_PEERS": ",".join(self.peers)}
        self.process.start(command, cwd=self._directory, env=environment)

        async def ready() -> bool:
            return (await self.readiness(session)).get("ready") is True

        await self.process.wait_ready(ready)

    async def readiness(self, session: aiohttp.ClientSession) -> dict[str, object]:
        """Return what `/readyz` says, or nothing if the process does not answer."""
        timeout = aiohttp.ClientTimeout(total=5.0)
        try:
            async with session.get(f"{self.url}/readyz", timeout=timeout) as response:
                answer: dict[str, object] = await response.json()
                return answer
        except (aiohttp.ClientError, TimeoutError):
            return {}


@asynccontextmanager
async def cell(
    directory: Path, kafka: str, topic: str, neighbours: str, count: int = 3
) -> AsyncIterator[list[CommandProcess]]:
    """Start `count` command processes, which all follow the journal."""
    processes = [
        CommandProcess(f"command-{n}", directory, kafka, topic, neighbours) for n in range(count)
    ]
    for one in processes:
        one.peers = [other.url for other in processes]
    async with aiohttp.ClientSession() as session:
        try:
            for one in processes:
                await one.start(session)
            yield processes
        finally:
            for one in processes:
                await one.process.stop(5.0)


def now() -> datetime:
    return datetime.now(UTC)
