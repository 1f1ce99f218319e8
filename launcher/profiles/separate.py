"""The profile `servers`: runs real Kafka and PostgreSQL and the services as separate processes.

They stand behind one port, as they do when deployed.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final, NoReturn

import aiohttp

from launcher.data_directory import DataDirectory
from launcher.profiles.gateway import PassedStreams, build_gateway, open_session
from launcher.profiles.listening import QUICK_END, listen
from launcher.profiles.supervision import Supervised, keep_up
from launcher.profiles.tables import prepare_tables
from launcher.rolling.processes import Processes
from launcher.rolling.rotation import Rotation
from launcher.servers.clickhouse import ClickHouseServer
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import ServerError, ServerFailed, ServerUnavailable
from launcher.settings import Settings
from launcher.stop_signals import watch_stop_signals
from runtime.journal.kafka_topics import create_topic, topic_of
from runtime.process.tasks import end, run_aside, start_for
from runtime.service.serving import serve_beside

REPLACE: Final = signal.SIGUSR1
"""Asks to replace all processes, one by one."""


class ServiceStopped(Exception):
    """A server or process kept ending."""


async def run_separate(
    settings: Settings, data: DataDirectory, on_ready: Callable[[], None]
) -> None:
    """Run until SIGINT or SIGTERM. Calls `on_ready` once all processes are ready. Commands are
    taken before that, if a new build has tables to fill.

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
        streams, rotation = PassedStreams(), Rotation(processes.addresses)
        gateway = build_gateway(
            processes.addresses,
            session,
            origins=settings.cors_origins,
            hosts=settings.hosts,
            streams=streams,
            rotation=rotation,
        )
        listener = listen(settings.port)
        limits = settings.http.model_copy(update=QUICK_END)
        await stack.enter_async_context(serve_beside(gateway, listener, limits))
        stack.callback(streams.end)
        replacing = start_for(_replace_when_asked(processes, session, rotation), "replacing")
        stack.push_async_callback(end, replacing)
        greeting = run_aside(_greet_when_ready(processes, session, on_ready), "greeting")
        stack.push_async_callback(end, greeting)
        servers = [kafka, postgres, *([] if clickhouse is None else [clickhouse])]
        await _keep_up_until(stop, [*servers, *processes.parts])


async def _greet_when_ready(
    processes: Processes, session: aiohttp.ClientSession, on_ready: Callable[[], None]
) -> None:
    def print_problem(problem: str) -> None:
        print(f"reads wait: {problem}", file=sys.stderr)

    await processes.until_ready(session, print_problem)
    on_ready()


async def _replace_when_asked(
    processes: Processes, session: aiohttp.ClientSession, rotation: Rotation
) -> NoReturn:
    """Replace all processes one by one at each signal."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(REPLACE, asked.set)
    while True:
        await asked.wait()
        asked.clear()
        try:
            await processes.replace_one_by_one(session, rotation)
            print("all processes were replaced", file=sys.stderr)
        except ServerFailed as error:
            print(
                f"not all processes were replaced, and the others work on as they were: {error}",
                file=sys.stderr,
            )


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
        await end(stopping, *watching)


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
