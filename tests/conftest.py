"""Real servers for the tests that need one, started once per run on free loopback ports.

Where a machine cannot run a server its tests are skipped and say why; with CI=true they
fail instead, so that nobody takes a skipped suite for a green one.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import NoReturn, TypeVar
from uuid import uuid4

import asyncpg
import pytest
from clickhouse_driver import Client

from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import ServerUnavailable
from launcher.servers.server import Server
from runtime.journals.kafka import create_topic

AnyServer = TypeVar("AnyServer", bound=Server)


def running(server: AnyServer) -> Iterator[AnyServer]:
    """The body of a fixture: `server` for as long as the fixture lives."""
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


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Shared: tests that kill or freeze a broker start their own."""
    yield from running(KafkaServer(tmp_path_factory.mktemp("kafka")))


@pytest.fixture
async def kafka_topic(kafka_server: KafkaServer) -> str:
    """A new journal topic."""
    topic = f"journal-{uuid4().hex}"
    await create_topic(kafka_server.bootstrap_servers, topic, replication_factor=1)
    return topic


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    yield from running(PostgresServer(tmp_path_factory.mktemp("postgres")))


@pytest.fixture
async def postgres_dsn(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A new, empty database."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(postgres_server.dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.dsn_of(name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    try:
        asyncio.run(install_clickhouse())
    except ServerUnavailable as error:
        unavailable(str(error))
    yield from running(ClickHouseServer(tmp_path_factory.mktemp("clickhouse")))


@pytest.fixture
def clickhouse_dsn(clickhouse_server: ClickHouseServer) -> Iterator[str]:
    """A new, empty database."""
    name = f"test_{uuid4().hex}"
    client = Client.from_url(clickhouse_server.dsn)
    client.execute(f"CREATE DATABASE {name}")
    yield clickhouse_server.dsn_of(name)
    client.execute(f"DROP DATABASE {name}")
    client.disconnect()
