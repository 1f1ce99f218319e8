"""Runs the system that is tortured: a cell of three command processes and all that belongs to it.

Kafka, PostgreSQL and ClickHouse are real. Every process has links of its own to each of them,
through proxies, and is started again when it ends, as a container engine does.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from os import geteuid
from pathlib import Path
from random import sample
from socket import socket
from typing import Any, Final

import aiohttp

from launcher.data_directory import DataDirectory
from launcher.profiles.tables import prepare_tables
from launcher.rolling.processes import build_environment
from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import HOST, ServerProcess, free_port
from launcher.servers.server import Server
from launcher.settings import Settings
from runtime.journal.kafka_topics import create_topic, topic_of
from runtime.service.cell import UNNAMED
from tests.e2e.cell import HEARTBEAT_TIMEOUT_S, RAISED_LIMITS
from tests.paths import ROOT
from tests.torture.cut_off import note_cut_off
from tests.torture.proxy import Proxy
from tests.torture.stepped import ClockFile

COMMANDS: Final = ("command-0", "command-1", "command-2")
SERVICE_OF: Final = {
    "neighbours": "neighbours",
    **dict.fromkeys(COMMANDS, "command_api"),
    "projector": "projector",
    "notifier": "notifier",
    "query": "query_api",
}
USES_KAFKA: Final = (*COMMANDS, "projector", "notifier")
USES_POSTGRES: Final = ("projector", "notifier", "query")
USES_CLICKHOUSE: Final = ("projector", "query")

KAFKA_DISK: Final = "256m"
START_S_MAX: Final = 180.0
PROBE_S_MAX: Final = 5.0
SUPERVISE_S: Final = 0.2


PORTS: Final = range(15_000, 32_000)
"""Below those that systems give to outgoing connections: a port stays free while its owner
is dead."""


def quiet_port() -> int:
    for port in sample(PORTS, len(PORTS)):
        with socket() as listener, suppress(OSError):
            listener.bind((HOST, port))
            return port
    raise RuntimeError("no free port")


class Worker:
    """One process of ours, with its clock and its links."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.port = quiet_port()
        self.url = f"http://{HOST}:{self.port}"
        self.process = ServerProcess(name, directory / f"{name}.log")
        self.clock = ClockFile(directory / f"{name}.clock")
        self.environment: dict[str, str] = {}
        self.links: dict[str, Proxy] = {}
        self.ended_by_itself = 0
        self._directory = directory

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.torture.stepped", str(self.clock.path)]
        self.process.start(
            [*command, SERVICE_OF[self.name]], cwd=self._directory, env=self.environment
        )

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def readiness(self, session: aiohttp.ClientSession) -> Mapping[str, Any]:
        """Empty where the process does not answer."""
        timeout = aiohttp.ClientTimeout(total=PROBE_S_MAX)
        path = "/healthz" if self.name == "neighbours" else "/readyz"
        try:
            async with session.get(self.url + path, timeout=timeout) as response:
                answer = await response.json(content_type=None)
                return {"ready": response.status == 200, **answer}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return {}


class System:
    def __init__(self, directory: Path, session: aiohttp.ClientSession) -> None:
        self.directory = directory
        self.session = session
        self.data = DataDirectory(directory / "data")
        self.workers = {name: Worker(name, directory) for name in SERVICE_OF}
        self.links = {
            server: {name: Proxy(f"{name} to {server}") for name in users}
            for server, users in (
                ("kafka", USES_KAFKA),
                ("postgres", USES_POSTGRES),
                ("clickhouse", USES_CLICKHOUSE),
            )
        }
        self._kafka_ports = {name: quiet_port() for name in USES_KAFKA}
        self.kafka = KafkaServer(
            directory / "kafka", port=quiet_port(), properties=self._listeners()
        )
        self.postgres = PostgresServer(directory / "postgres")
        self.clickhouse = ClickHouseServer(directory / "clickhouse")
        self.ready_last: tuple[str, ...] = ()
        """Who kept the last `all_ready` waiting to its end."""
        self._killing: set[str] = set()

    # What faults need

    @property
    def commands(self) -> list[Worker]:
        return [self.workers[name] for name in COMMANDS]

    async def leader(self) -> Worker | None:
        """The command process that says it leads, if one does now."""
        for worker in self.commands:
            if (await worker.readiness(self.session)).get("leading") == "yes":
                return worker
        return None

    async def kill(self, name: str) -> None:
        """Without warning. It is started again at once, and not counted as its own end."""
        self._killing.add(name)
        await self.workers[name].process.kill()

    def server(self, name: str) -> Server:
        servers: dict[str, Server] = {
            "kafka": self.kafka,
            "postgres": self.postgres,
            "clickhouse": self.clickhouse,
        }
        return servers[name]

    async def restart(self, name: str) -> None:
        """Some take a new port; to those who come through the links it is the same."""
        await self.server(name).start()
        for link in self.links["postgres"].values():
            link.target = self.postgres.port
        for link in self.links["clickhouse"].values():
            link.target = self.clickhouse.port

    async def unready(self) -> dict[str, Mapping[str, Any]]:
        """Who is not ready, and what they say."""
        answers = await asyncio.gather(
            *(worker.readiness(self.session) for worker in self.workers.values())
        )
        return {
            name: answer
            for name, answer in zip(self.workers, answers, strict=True)
            if answer.get("ready") is not True
        }

    async def all_ready(self, within_s: float) -> dict[str, Mapping[str, Any]]:
        """Who is still not ready after that time: nobody, as soon as that is so."""
        self.ready_last = ()
        try:
            async with asyncio.timeout(within_s):
                while unready := await self.unready():
                    self.ready_last = tuple(unready)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return await self.unready()
        return {}

    # Starting

    def _listeners(self) -> dict[str, str]:
        """A listener for each process, advertised at its own proxy: Kafka's clients go on to
        the address that the broker names."""
        names = {name: name.replace("-", "_").upper() for name in USES_KAFKA}
        inner = [f"{names[one]}://{HOST}:{self._kafka_ports[one]}" for one in USES_KAFKA]
        outer = [f"{names[one]}://{HOST}:{self.links['kafka'][one].port}" for one in USES_KAFKA]
        protocols = ("PLAINTEXT", "CONTROLLER", *names.values())
        return {
            "listeners": ",".join(
                ("PLAINTEXT://{host}:{port}", "CONTROLLER://{host}:{controller_port}", *inner)
            ),
            "advertised.listeners": ",".join(("PLAINTEXT://{host}:{port}", *outer)),
            "listener.security.protocol.map": ",".join(f"{one}:PLAINTEXT" for one in protocols),
        }

    async def start(self, stack: AsyncExitStack) -> None:
        """Raises ServerUnavailable where the machine lacks a server."""
        await install_clickhouse()
        self.data.path.mkdir(parents=True)
        for server in (self.kafka, self.postgres, self.clickhouse):
            await stack.enter_async_context(server)
        for name, link in self.links["kafka"].items():
            await link.start(self._kafka_ports[name])
        for server_name, port in (
            ("postgres", self.postgres.port),
            ("clickhouse", self.clickhouse.port),
        ):
            for link in self.links[server_name].values():
                await link.start(port)
        for links in self.links.values():
            for name, link in links.items():
                stack.push_async_callback(link.stop)
                self.workers[name].links[link.name] = link
        await create_topic(self.kafka.bootstrap_servers, topic_of(UNNAMED), replication_factor=1)
        self._set_environments(await prepare_tables(self.postgres.dsn))
        await note_cut_off(self.postgres.dsn)
        for worker in self.workers.values():
            stack.push_async_callback(worker.process.stop, 10.0)
            worker.start()
        if unready := await self.all_ready(START_S_MAX):
            raise RuntimeError(f"did not start: {unready}")
        supervising = asyncio.create_task(self._supervise())
        stack.callback(supervising.cancel)

    def _set_environments(self, tables: Mapping[str, str]) -> None:
        addresses = {SERVICE_OF[one.name]: one.url for one in self.workers.values()}
        settings = Settings(port=free_port(), data=self.data.path)
        shared = build_environment(settings, self.data, addresses, self.kafka.bootstrap_servers)
        for name, worker in self.workers.items():
            service = SERVICE_OF[name]
            prefix = service.upper()
            worker.environment = {
                **shared,
                f"{prefix}_PORT": str(worker.port),
                "PYTHONPATH": str(ROOT),
                "PRACTIX_RATE_LIMITS": RAISED_LIMITS,
            }
            if service == "command_api":
                worker.environment["COMMAND_API_OWN_URL"] = worker.url
                image_file = self.directory / f"{name}.image.sqlite"
                worker.environment["COMMAND_API_IMAGE_FILE"] = str(image_file)
                worker.environment["COMMAND_API_PEERS"] = ",".join(one.url for one in self.commands)
                worker.environment["COMMAND_API_HEARTBEAT_TIMEOUT_S"] = str(HEARTBEAT_TIMEOUT_S)
            if service == "projector":
                worker.environment["PROJECTOR_VERIFY_DIRECTORY"] = str(self.data.verify_path)
            if name in USES_KAFKA:
                port = self.links["kafka"][name].port
                worker.environment["KAFKA_BOOTSTRAP_SERVERS"] = f"{HOST}:{port}"
            if name in USES_POSTGRES:
                worker.environment[f"{prefix}_POSTGRES_DSN"] = _through(
                    tables[service], self.postgres.port, self.links["postgres"][name]
                )
            if name in USES_CLICKHOUSE:
                worker.environment[f"{prefix}_CLICKHOUSE_DSN"] = _through(
                    self.clickhouse.dsn, self.clickhouse.port, self.links["clickhouse"][name]
                )

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(SUPERVISE_S)
            for name, worker in self.workers.items():
                if not worker.process.running:
                    if name in self._killing:
                        self._killing.discard(name)
                    else:
                        worker.ended_by_itself += 1
                    worker.start()


@asynccontextmanager
async def running_system(directory: Path) -> AsyncIterator[System]:
    async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
        mount_small_disk(directory / "kafka", stack)
        system = System(directory, session)
        await system.start(stack)
        yield system


def mount_small_disk(directory: Path, stack: AsyncExitStack) -> None:
    """Mount a small file system there, if root may: a disk that can be filled."""
    directory.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={KAFKA_DISK}", "tmpfs", str(directory)]
    if geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        stack.callback(subprocess.run, ["umount", "--lazy", str(directory)], check=False)


def _through(dsn: str, port: int, link: Proxy) -> str:
    """Return the same address through the link."""
    return dsn.replace(f"{HOST}:{port}", f"{HOST}:{link.port}")
