"""The profile `servers`: runs real Kafka and PostgreSQL and the services as separate processes.

They stand behind one port, as they do when deployed.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import aiohttp

from launcher.data_directory import DataDirectory
from launcher.profiles.gateway import PassedStreams, build_gateway, open_session
from launcher.profiles.listening import QUICK_END, listen, watch_stop_signals
from launcher.profiles.supervision import Supervised, keep_up
from launcher.profiles.tables import prepare_tables
from launcher.servers.clickhouse import ClickHouseServer
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import (
    HOST,
    ServerError,
    ServerProcess,
    ServerUnavailable,
    free_port,
)
from launcher.settings import Settings
from runtime.journal.kafka_topics import create_topic, topic_of
from runtime.process.tasks import end, start_for
from runtime.service.serving import serve_beside

READY_S_MAX: Final = 60.0
PROBE_S_MAX: Final = 5.0
SERVICES: Final = ("neighbours", "projector", "command_api", "query_api", "notifier")
"""In the order of their start."""


class ServiceStopped(Exception):
    """A server or process kept ending."""


async def run_separate(
    settings: Settings, data: DataDirectory, on_ready: Callable[[], None]
) -> None:
    """Run until SIGINT or SIGTERM. Calls `on_ready` once all processes answer.

    Raises ServiceStopped, ServerError.
    """
    stop = watch_stop_signals()
    async with AsyncExitStack() as stack:
        kafka = await stack.enter_async_context(KafkaServer(data.path / "kafka"))
        postgres = await stack.enter_async_context(PostgresServer(data.path / "postgres"))
        await create_topic(kafka.bootstrap_servers, topic_of(settings.cell), replication_factor=1)
        tables = await prepare_tables(postgres.dsn)
        session = await stack.enter_async_context(open_session())
        clickhouse = await _start_clickhouse(stack, data)
        history = _history_environment(clickhouse)
        processes = Processes(settings, data, kafka.bootstrap_servers, tables, history)
        stack.push_async_callback(processes.stop)
        await processes.start(session)
        streams = PassedStreams()
        gateway = build_gateway(
            processes.addresses,
            session,
            origins=settings.cors_origins,
            hosts=settings.hosts,
            streams=streams,
        )
        listener = listen(settings.port)
        limits = settings.http.model_copy(update=QUICK_END)
        await stack.enter_async_context(serve_beside(gateway, listener, limits))
        stack.callback(streams.end)
        on_ready()
        servers = [kafka, postgres, *([] if clickhouse is None else [clickhouse])]
        await _keep_up_until(stop, [*servers, *processes.parts])


async def _keep_up_until(stop: asyncio.Event, parts: Sequence[Supervised]) -> None:
    """Restart the parts until `stop` is set. Raises ServiceStopped if one keeps ending."""
    watching = [start_for(keep_up(part), part.name) for part in parts]
    stopping = start_for(stop.wait(), "stop")
    try:
        await asyncio.wait([stopping, *watching], return_when=asyncio.FIRST_COMPLETED)
        for watch in watching:
            if watch.done():
                watch.result()
    except ServerError as error:
        raise ServiceStopped(str(error)) from error
    finally:
        for task in (stopping, *watching):
            await end(task)


class ServiceProcess:
    """One service as a process, which can be started again."""

    def __init__(self, name: str, data: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._process = ServerProcess(name, data / "logs" / f"{name}.log")
        self._data = data
        self._environment = environment

    @property
    def running(self) -> bool:
        return self._process.running

    def describe_end(self) -> str:
        return self._process.describe_end()

    async def start(self) -> None:
        command = [sys.executable, "-m", self.name]
        self._process.start(command, cwd=self._data, env=self._environment)

    async def wait_ready(self, probe: Callable[[], Awaitable[bool]]) -> None:
        """Wait until `probe` says yes. Raises ServerFailed if it ends or takes too long."""
        await self._process.wait_ready(probe, READY_S_MAX)

    async def stop(self) -> None:
        await self._process.stop()


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
        ports = {name: free_port() for name in SERVICES}
        self.addresses = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
        self._environment = {
            **build_environment(settings, data, self.addresses, kafka),
            **history,
            **{f"{name.upper()}_POSTGRES_DSN": dsn for name, dsn in tables.items()},
            **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
        }
        (data.path / "logs").mkdir(exist_ok=True)
        self.parts = [ServiceProcess(name, data.path, self._environment) for name in SERVICES]

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start one process after another, each once the one before it is ready."""
        for process in self.parts:
            await process.start()
            await process.wait_ready(partial(is_ready, session, self.addresses[process.name]))

    async def stop(self) -> None:
        for process in reversed(self.parts):
            await process.stop()


async def is_ready(session: aiohttp.ClientSession, address: str) -> bool:
    """Return whether the process at `address` says that it is ready."""
    timeout = aiohttp.ClientTimeout(total=PROBE_S_MAX)
    try:
        async with session.get(f"{address}/readyz", timeout=timeout) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def build_environment(
    settings: Settings,
    data: DataDirectory,
    addresses: Mapping[str, str],
    kafka: str,
) -> dict[str, str]:
    """Return the environment variables that are the same for all service processes."""
    root = str(Path(__file__).resolve().parents[2])
    public_url = f"http://{HOST}:{settings.port}"
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        "PRACTIX_RATE_LIMITS": settings.rate_limits.model_copy(
            update={"trusted_proxies": (ip_network(HOST),)}
        ).model_dump_json(),
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "PRACTIX_CELL": settings.cell,
        "PRACTIX_HTTP__DRAIN_S": "0",  # The gateway stops before the processes.
        "PRACTIX_OPERATOR_TOKEN": data.operator_token,
        "PRACTIX_PSEUDONYM_KEY": data.pseudonym_key,
        "PRACTIX_INVESTIGATOR_TOKEN": data.investigator_token,
        "COMMAND_API_OWN_URL": addresses["command_api"],
        "COMMAND_API_CELL_SECRET": data.cell_secret,
        "COMMAND_API_TOKEN__SECRET": data.token_secret,
        "COMMAND_API_PEERS": addresses["command_api"],
        "COMMAND_API_NEIGHBOURS__BASE_URL": addresses["neighbours"],
        "COMMAND_API_NEIGHBOURS__CREDENTIAL": data.neighbour_credential,
        "COMMAND_API_IMAGE_FILE": str(data.image_path),
        "PROJECTOR_VERIFY_DIRECTORY": str(data.verify_path),
        "QUERY_API_TOKEN__SECRET": data.token_secret,
        "QUERY_API_FEED_SECRET": data.feed_secret,
        "QUERY_API_NEIGHBOURS__BASE_URL": addresses["neighbours"],
        "QUERY_API_NEIGHBOURS__CREDENTIAL": data.neighbour_credential,
        "QUERY_API_PUBLIC_URL": public_url,
        "NOTIFIER_TOKEN__SECRET": data.token_secret,
        "NOTIFIER_NEIGHBOURS__BASE_URL": addresses["neighbours"],
        "NOTIFIER_NEIGHBOURS__CREDENTIAL": data.neighbour_credential,
        "NOTIFIER_PUBLIC_URL": public_url,
        "NEIGHBOURS_SECRET": data.token_secret,
        "NEIGHBOURS_CREDENTIAL": data.neighbour_credential,
        "NEIGHBOURS_DATA_DIR": str(data.outside_path),
        "NEIGHBOURS_PUBLIC_URL": public_url,
    }


async def _start_clickhouse(stack: AsyncExitStack, data: DataDirectory) -> ClickHouseServer | None:
    """Start ClickHouse; return None, and have no history, if this machine cannot run it."""
    server = ClickHouseServer(data.path / "clickhouse")
    try:
        await stack.enter_async_context(server)
    except ServerUnavailable as error:
        print(f"without history: {error}", file=sys.stderr)
        return None
    return server


def _history_environment(clickhouse: ClickHouseServer | None) -> dict[str, str]:
    """Return the environment variables that name ClickHouse."""
    if clickhouse is None:
        return {}
    return {
        "CLICKHOUSE_DSN": clickhouse.dsn,
        "QUERY_API_CLICKHOUSE_ANALYST_DSN": clickhouse.analyst_dsn,
        "QUERY_API_CLICKHOUSE_INVESTIGATOR_DSN": clickhouse.investigator_dsn,
    }
