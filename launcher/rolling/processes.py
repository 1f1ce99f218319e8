"""Runs the services as processes on loopback, and replaces them one by one."""

import asyncio
import logging
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from ipaddress import ip_network
from math import inf
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from launcher.data_directory import DataDirectory
from launcher.rolling.rotation import Rotation, service_of
from launcher.servers.process import HOST, ServerFailed, ServerProcess, free_port
from launcher.settings import Settings
from runtime.process.becoming_ready import ReadinessWait, awaits_tables, find_problem, prepares

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""How often to look at a process that prepares tables."""
STOP_S_MAX: Final = 60.0
"""Longer than a process takes to end its requests and to hand over."""
PROBE_S_MAX: Final = 5.0
SERVICES: Final = ("neighbours", "projector", "command_api", "query_api", "notifier")
"""In the order of their start."""

Look = Callable[[], Awaitable[Mapping[str, Any]]]
"""Returns what /readyz of a process says; nothing if it does not answer."""


class ServiceProcess:
    """One service as a process, which can be started again."""

    def __init__(self, name: str, data: Path, environment: Mapping[str, str]) -> None:
        """`name` is the service's, with a number if it is not the first process of it."""
        self.name = name
        self._left_alone = False
        self._process = ServerProcess(name, data / "logs" / f"{name}.log")
        self._data = data
        self._environment = environment

    @property
    def running(self) -> bool:
        """Whether nobody has to start it."""
        return self._process.running or self._left_alone

    def describe_end(self) -> str:
        return self._process.describe_end()

    async def start(self) -> None:
        command = [sys.executable, "-m", service_of(self.name)]
        self._process.start(command, cwd=self._data, env=self._environment)

    async def wait_ready(self, look: Look, *, or_preparing: bool = False) -> None:
        """Wait until it is ready or, with `or_preparing`, prepares tables or waits for those that
        another process prepares. Raises ServerFailed if it ends, or cannot become ready in
        time."""
        now = asyncio.get_running_loop().time
        wait = ReadinessWait(now())

        async def is_enough() -> bool:
            entries = await look()
            if entries.get("ready") or (or_preparing and awaits_tables(entries)):
                return True
            if reason := wait.find_end(entries, now()):
                raise ServerFailed(f"{self.name} is not ready: {reason}")
            if prepares(entries):
                await asyncio.sleep(LOOK_S)
            return False

        await self._process.wait_ready(is_enough, deadline_s=inf)

    async def stop(self) -> None:
        await self._process.stop()

    async def replace(self, look: Look) -> None:
        """Stop it, start it again and wait until it is ready. Raises ServerFailed if it is not.
        If it has ended then, nobody starts it before the next replacement."""
        self._left_alone = True
        try:
            await self._process.stop(STOP_S_MAX)
            await self.start()
            await self.wait_ready(look)
        finally:
            self._left_alone = not self._process.running


class Processes:
    """All services as processes that read their settings from the environment."""

    def __init__(
        self,
        settings: Settings,
        data: DataDirectory,
        kafka: str,
        tables: Mapping[str, str],
        history: Mapping[str, str],
    ) -> None:
        """`history` are the environment variables that name ClickHouse; empty without it."""
        names = list_processes(settings.processes)
        ports = {name: free_port() for name in names}
        self.addresses = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
        environment = {
            **build_environment(settings, data, self.addresses, kafka),
            **history,
            **{f"{name.upper()}_POSTGRES_DSN": dsn for name, dsn in tables.items()},
        }
        (data.path / "logs").mkdir(exist_ok=True)
        self.parts = [
            ServiceProcess(
                name, data.path, {**environment, **own_environment(name, data, ports[name])}
            )
            for name in names
        ]

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start one process after another, each once the one before it is ready. Nobody waits for
        tables: commands do not need them, and reads are 503 until they are there. Raises
        ServerFailed."""
        for process in self.parts:
            await process.start()
            await process.wait_ready(self._look(session, process), or_preparing=True)

    async def until_ready(
        self, session: aiohttp.ClientSession, on_problem: Callable[[str], None]
    ) -> None:
        """Return once all are ready. Until then, call `on_problem` with each problem of a filling
        once."""
        reported: set[str] = set()
        waiting = list(self.parts)
        while waiting:
            entries = await self._look(session, waiting[0])()
            if entries.get("ready"):
                del waiting[0]
                continue
            problem = find_problem(entries)
            if problem and problem not in reported:
                reported.add(problem)
                on_problem(f"{waiting[0].name}: {problem}")
            await asyncio.sleep(LOOK_S)

    async def replace_one_by_one(self, session: aiohttp.ClientSession, rotation: Rotation) -> None:
        """Replace each process of which the service has others, while these work: it gets no more
        requests, ends those that it has, and gets new ones once its successor is ready. Raises
        ServerFailed if that does not become ready: it gets no requests then, and what comes after
        it stays as it was."""
        count = Counter(service_of(one.name) for one in self.parts)
        for process in sorted(self.parts, key=lambda one: place_in_turn(one.name)):
            if count[service_of(process.name)] == 1:
                continue
            await rotation.take_out(process.name, STOP_S_MAX)
            await process.replace(self._look(session, process))
            rotation.put_back(process.name)
            log.info("%s was replaced", process.name)

    async def stop(self) -> None:
        for process in reversed(self.parts):
            await process.stop()

    def _look(self, session: aiohttp.ClientSession, process: ServiceProcess) -> Look:
        return partial(read_readiness, session, self.addresses[process.name])


def place_in_turn(name: str) -> int:
    """Return a number by which processes are sorted for their replacement.

    The first projector fills the tables that its build needs, then query processes read them. The
    other projectors keep up those of the build before until nobody reads these any more.
    """
    first = name == service_of(name)
    match service_of(name):
        case "projector":
            return 0 if first else 2
        case "query_api":
            return 1
        case _:
            return 3


def list_processes(of_each: int) -> list[str]:
    """Return the names of all processes, in the order of their start. There is one of the outside
    services, which are not ours."""
    names = [SERVICES[0]]
    for service in SERVICES[1:]:
        names += [service, *(f"{service}_{number}" for number in range(2, of_each + 1))]
    return names


async def read_readiness(session: aiohttp.ClientSession, address: str) -> dict[str, Any]:
    """Return what /readyz of the process at `address` says; nothing if it does not answer."""
    timeout = aiohttp.ClientTimeout(total=PROBE_S_MAX)
    try:
        async with session.get(f"{address}/readyz", timeout=timeout) as response:
            return msgspec.json.decode(await response.read(), type=dict[str, Any])
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
        return {}


def build_environment(
    settings: Settings,
    data: DataDirectory,
    addresses: Mapping[str, str],
    kafka: str,
) -> dict[str, str]:
    """Return the environment variables that are the same for all service processes. `addresses`
    has every process by its name."""
    root = str(Path(__file__).resolve().parents[2])
    public_url = f"http://{HOST}:{settings.port}"
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        "PRACTIX_RATE_LIMITS": settings.rate_limits.model_copy(
            update={"trusted_proxies": (ip_network(HOST),)}
        ).model_dump_json(),
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "PRACTIX_CELL": settings.cell,
        "PRACTIX_ZONE": settings.zone.key,
        "PRACTIX_HTTP__DRAIN_S": "0",  # The gateway stops before the processes.
        "PRACTIX_OPERATOR_TOKEN": data.operator_token,
        "PRACTIX_ANALYST_TOKEN": data.analyst_token,
        "PRACTIX_PSEUDONYM_KEY": data.pseudonym_key,
        "PRACTIX_INVESTIGATOR_TOKEN": data.investigator_token,
        "COMMAND_API_CELL_SECRET": data.cell_secret,
        "COMMAND_API_TOKEN__SECRET": data.token_secret,
        "COMMAND_API_PEERS": ",".join(
            address for name, address in addresses.items() if service_of(name) == "command_api"
        ),
        "COMMAND_API_NEIGHBOURS__BASE_URL": addresses["neighbours"],
        "COMMAND_API_NEIGHBOURS__CREDENTIAL": data.neighbour_credential,
        "QUERY_API_TOKEN__SECRET": data.token_secret,
        "QUERY_API_FEED_SECRET": data.feed_secret,
        "QUERY_API_NEIGHBOURS__BASE_URL": addresses["neighbours"],
        "QUERY_API_NEIGHBOURS__CREDENTIAL": data.neighbour_credential,
        "QUERY_API_PUBLIC_URL": public_url,
        "QUERY_API_SITE_URL": "/",  # The stand-in plays the site.
        "NOTIFIER_TOKEN__SECRET": data.token_secret,
        "NOTIFIER_NEIGHBOURS__BASE_URL": addresses["neighbours"],
        "NOTIFIER_NEIGHBOURS__CREDENTIAL": data.neighbour_credential,
        "NOTIFIER_PUBLIC_URL": public_url,
        "NEIGHBOURS_SECRET": data.token_secret,
        "NEIGHBOURS_CREDENTIAL": data.neighbour_credential,
        "NEIGHBOURS_DATA_DIR": str(data.outside_path),
        "NEIGHBOURS_PUBLIC_URL": public_url,
    }


def own_environment(name: str, data: DataDirectory, port: int) -> dict[str, str]:
    """Return the environment variables that each process has of its own."""
    found = {f"{service_of(name).upper()}_PORT": str(port)}
    match service_of(name):
        case "command_api":
            found["COMMAND_API_OWN_URL"] = f"http://{HOST}:{port}"
            found["COMMAND_API_IMAGE_FILE"] = str(data.image_path_of(name))
        case "projector":
            found["PROJECTOR_VERIFY_DIRECTORY"] = str(data.verify_path_of(name))
    return found
