"""Starts real servers for the tests that need one, once per run, on free loopback ports.

They are child processes, or containers with PRACTIX_TEST_SERVERS=docker. If a machine cannot run a
child server, its tests are skipped and say why. With CI=true they fail instead, so that nobody
takes a skipped suite for a green one. If containers are asked for and cannot run, the tests fail.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from uuid import uuid4

import asyncpg
import pytest
from clickhouse_driver import Client

from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import ServerUnavailable
from launcher.servers.server import Server
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ANALYSTS_SUFFIX, database_of
from runtime.journal.kafka_topics import create_topic
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from tests.canaries import begin_watching, fail_if_told
from tests.distribution import FromBothEnds, sort_longest_first
from tests.servers.choice import Broker, Database, HistoryDatabase, choose_servers
from tests.servers.clickhouse_engines import (
    ENGINES,
    Databases,
    Open,
    opener,
    opener_of_both,
)
from tests.servers.memory_directory import memory_directory

AnyServer = TypeVar("AnyServer", bound=Server)
MIGRATED: Final = "migrated"
QUICK_JAVA: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of Java for brokers that end before optimised code would pay for its making."""


def pytest_configure(config: pytest.Config) -> None:
    try:
        choose_servers()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.setdefault("JDK_JAVA_OPTIONS", QUICK_JAVA)
    begin_watching(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FromBothEnds | None:
    return FromBothEnds(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        sort_longest_first(items, Path(__file__).parent)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    return (yield from fail_if_told(session))


def running(server: AnyServer) -> Iterator[AnyServer]:
    """Body of a fixture: runs `server` as long as the fixture lives."""
    try:
        asyncio.run(server.start())
    except ServerUnavailable as error:
        unavailable(str(error))
    yield server
    asyncio.run(server.stop())


def unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def chosen_server(request: pytest.FixtureRequest, name: str) -> Iterator[Any]:
    """Body of a fixture: yields that server, as PRACTIX_TEST_SERVERS has it run."""
    if choose_servers() == "docker":
        yield from container(name)
    else:
        yield request.getfixturevalue(f"own_{name}_server")


def container(name: str) -> Iterator[Any]:
    """Body of a fixture: runs that server in a container as long as the fixture lives."""
    # Imported here: whoever runs without containers may be without Docker.
    from tests.servers import containers

    with ExitStack() as stack:
        try:
            server = stack.enter_context(containers.CONTAINERS[name]())
        except containers.ContainerFailed as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        yield server


@pytest.fixture(scope="session")
def own_kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Shared: tests that kill or freeze a broker start their own."""
    yield from running(KafkaServer(tmp_path_factory.mktemp("kafka")))


@pytest.fixture(scope="session")
def kafka_server(request: pytest.FixtureRequest) -> Iterator[Broker]:
    yield from chosen_server(request, "kafka")


@pytest.fixture
async def kafka_topic(kafka_server: Broker) -> str:
    """A new journal topic."""
    topic = f"journal-{uuid4().hex}"
    await create_topic(kafka_server.bootstrap_servers, topic, replication_factor=1)
    return topic


@pytest.fixture(scope="session")
def own_postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Shared, so nobody kills it. It need not wait for the disk, nor have files there, which is
    most of what making and dropping a database takes."""
    settings = {"fsync": "off", "max_wal_size": "256MB"}
    with memory_directory(tmp_path_factory.mktemp("postgres")) as directory:
        yield from running(PostgresServer(directory, settings=settings))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[Database]:
    yield from chosen_server(request, "postgres")


@pytest.fixture(scope="session")
def migrated_database(postgres_server: Database) -> str:
    """The name of a database with our tables that nobody uses. Copying it takes a tenth of the time
    of the migrations."""
    asyncio.run(_make_migrated_database(postgres_server))
    return MIGRATED


async def _make_migrated_database(server: Database) -> None:
    connection = await asyncpg.connect(server.dsn)
    await connection.execute(f"CREATE DATABASE {MIGRATED}")
    await connection.close()
    pool = await open_pool(server.dsn_of(MIGRATED))
    await migrate(pool)
    await pool.close()


@pytest.fixture
async def postgres_dsn(postgres_server: Database, migrated_database: str) -> AsyncIterator[str]:
    """A database with our tables, all of them empty."""
    async with _copy_of(migrated_database, postgres_server) as dsn:
        yield dsn


@pytest.fixture
async def another_postgres_dsn(
    postgres_server: Database, migrated_database: str
) -> AsyncIterator[str]:
    """A second such database."""
    async with _copy_of(migrated_database, postgres_server) as dsn:
        yield dsn


@pytest.fixture
async def bare_postgres_dsn(postgres_server: Database) -> AsyncIterator[str]:
    """A database without a table."""
    async with _copy_of("template1", postgres_server) as dsn:
        yield dsn


@asynccontextmanager
async def _copy_of(template: str, server: Database) -> AsyncIterator[str]:
    """Make a new database like `template`, yield its address, and drop it afterwards."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server.dsn)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.dsn_of(name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session")
def own_clickhouse_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ClickHouseServer]:
    try:
        asyncio.run(install_clickhouse())
    except ServerUnavailable as error:
        unavailable(str(error))
    yield from running(ClickHouseServer(tmp_path_factory.mktemp("clickhouse")))


@pytest.fixture(scope="session")
def clickhouse_server(request: pytest.FixtureRequest) -> Iterator[HistoryDatabase]:
    yield from chosen_server(request, "clickhouse")


@pytest.fixture
def clickhouse_dsn(clickhouse_server: HistoryDatabase) -> str:
    """The database of the history, empty. That of the analysts does not exist yet."""
    name = database_of(clickhouse_server.dsn)
    client = Client.from_url(clickhouse_server.dsn_of("default"))
    client.execute(f"DROP DATABASE IF EXISTS {name}{ANALYSTS_SUFFIX}")
    client.execute(f"DROP DATABASE IF EXISTS {name}")
    client.execute(f"CREATE DATABASE {name}")
    client.disconnect()
    return clickhouse_server.dsn


@pytest.fixture
def clickhouse_analyst_dsn(clickhouse_server: HistoryDatabase, clickhouse_dsn: str) -> str:
    """The analysts' database through the shipped account."""
    assert clickhouse_dsn
    return clickhouse_server.analyst_dsn


@pytest.fixture(params=ENGINES)
def open_analytics(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """A function that opens the same database every time, empty at first. On each engine."""
    return opener(request, tmp_path)


@pytest.fixture
async def analytics(open_analytics: Open) -> AsyncIterator[Analytics]:
    """An empty database, on each engine."""
    analytics = open_analytics()
    yield analytics
    await analytics.close()


@pytest.fixture(params=ENGINES)
def open_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Databases]:
    """A function that opens the history and the analysts' database, on each engine."""
    return opener_of_both(request, tmp_path)


@pytest.fixture
async def listener() -> AsyncIterator[tuple[int, list[str]]]:
    """A port, and the addresses that came to it."""
    visitors: list[str] = []

    def visit(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitors.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], visitors
    server.close()
