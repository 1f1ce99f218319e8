"""Runs servers of `docker-compose.yml` as single containers, through testcontainers.

Image, environment and health check come from that file, so KAFKA_IMAGE, POSTGRES_IMAGE and
CLICKHOUSE_IMAGE choose other images, and the defaults have one place. Ports are published on
loopback only.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.up import SECRETS
from launcher.servers.process import HOST, free_port
from tests.paths import ROOT

HEALTHY_S_MAX: Final = 120.0
POLL_S: Final = 0.2
LOG_TAIL_CHARS: Final = 2_000
SECRET: Final = "a-secret-of-tests"

POSTGRES_PORT: Final = 5432
CLICKHOUSE_PORT: Final = 9000

# Its reaper is one more image to pull, and what is started here is removed here. Who wants
# it, for runs that are killed, sets the variable to "false".
if "TESTCONTAINERS_RYUK_DISABLED" not in os.environ:
    testcontainers_config.ryuk_disabled = True


class ContainerFailed(Exception):
    """The message says why there is no container."""


class Service(NamedTuple):
    """What compose would run."""

    image: str
    environment: Mapping[str, str]
    files: Mapping[str, str]
    """What of this project lies where in the container."""
    health: tuple[str, ...]
    """A command that ends with 0 inside the container once the server answers."""


def service(name: str) -> Service:
    """Return a service of the compose file with its variables filled in. Raises
    ContainerFailed."""
    try:
        asked = subprocess.run(
            ["docker", "compose", "--project-directory", str(ROOT), "config", "--format=json"],
            env={**os.environ, **dict.fromkeys(SECRETS, SECRET)},
            capture_output=True,
            text=True,
            check=True,
        )
    except OSError as error:
        raise ContainerFailed(f"docker compose: {error}") from error
    except subprocess.CalledProcessError as error:
        raise ContainerFailed(f"docker compose: {error.stderr.strip()}") from error
    found = json.loads(asked.stdout)["services"][name]
    mounts = found.get("volumes", [])
    return Service(
        found["image"],
        found.get("environment", {}),
        {one["source"]: one["target"] for one in mounts if one["type"] == "bind"},
        _command(found["healthcheck"]["test"]),
    )


def _command(test: list[str]) -> tuple[str, ...]:
    """Return a health check as arguments. Compose has doubled every `$`."""
    kind, *words = (word.replace("$$", "$") for word in test)
    return ("sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)


class KafkaContainer(NamedTuple):
    port: int

    @property
    def bootstrap_servers(self) -> str:
        return f"{HOST}:{self.port}"


class DatabaseContainer(NamedTuple):
    address: str
    """Scheme, account, host and port, up to the slash."""
    database: str

    @property
    def dsn(self) -> str:
        return self.dsn_of(self.database)

    def dsn_of(self, database: str) -> str:
        return f"{self.address}/{database}"


class ClickHouseContainer(NamedTuple):
    own: DatabaseContainer
    analyst: DatabaseContainer

    @property
    def dsn(self) -> str:
        return self.own.dsn

    @property
    def analyst_dsn(self) -> str:
        return self.analyst.dsn

    def dsn_of(self, database: str) -> str:
        return self.own.dsn_of(database)


@contextmanager
def kafka_container() -> Iterator[KafkaContainer]:
    """Run a broker until the end of the block. Raises ContainerFailed, as the others do."""
    kafka, port = service("kafka"), free_port()
    environment = {**kafka.environment, **_advertised_outside(kafka.environment, port)}
    with _running(kafka._replace(environment=environment), port, port):
        yield KafkaContainer(port)


@contextmanager
def postgres_container() -> Iterator[DatabaseContainer]:
    postgres, port = service("postgres"), free_port()
    given = postgres.environment
    account = f"{given['POSTGRES_USER']}:{given['POSTGRES_PASSWORD']}"
    with _running(postgres, POSTGRES_PORT, port):
        yield DatabaseContainer(f"postgresql://{account}@{HOST}:{port}", given["POSTGRES_DB"])


@contextmanager
def clickhouse_container() -> Iterator[ClickHouseContainer]:
    clickhouse, port = service("clickhouse"), free_port()
    given = clickhouse.environment
    accounts = (
        f"{given['CLICKHOUSE_USER']}:{given['CLICKHOUSE_PASSWORD']}",
        f"analyst:{given['CLICKHOUSE_ANALYST_PASSWORD']}",
    )
    own, analyst = (
        DatabaseContainer(f"clickhouse://{account}@{HOST}:{port}", given["CLICKHOUSE_DB"])
        for account in accounts
    )
    with _running(clickhouse, CLICKHOUSE_PORT, port):
        yield ClickHouseContainer(own, analyst)


CONTAINERS: Final = {
    "kafka": kafka_container,
    "postgres": postgres_container,
    "clickhouse": clickhouse_container,
}


def _advertised_outside(given: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the settings of one more listener, without accounts. A broker sends its clients to
    the address that it advertises, and compose's own cannot be reached from outside its network."""
    outside = f"OUTSIDE://{HOST}:{port}"
    return {
        "KAFKA_LISTENERS": f"{given['KAFKA_LISTENERS']},OUTSIDE://:{port}",
        "KAFKA_ADVERTISED_LISTENERS": f"{given['KAFKA_ADVERTISED_LISTENERS']},{outside}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
            f"{given['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP']},OUTSIDE:PLAINTEXT"
        ),
    }


@contextmanager
def _running(chosen: Service, inside: int, outside: int) -> Iterator[None]:
    """Run a healthy container until the end of the block, and remove its volumes."""
    try:
        container = DockerContainer(chosen.image, env=dict(chosen.environment))
    except DockerException as error:
        raise ContainerFailed(f"no Docker engine answers: {error}") from error
    # docker-py takes an address too; testcontainers' annotation knows plain ports only.
    ports: dict[str, Any] = container.ports
    ports[f"{inside}/tcp"] = (HOST, outside)
    for source, target in chosen.files.items():
        container.with_volume_mapping(source, target, "ro")
    try:
        _start(container, chosen)
        yield
    finally:
        container.stop()


def _start(container: DockerContainer, chosen: Service) -> None:
    try:
        container.start()
    except DockerException as error:
        raise ContainerFailed(f"{chosen.image} does not start: {error}") from error
    give_up_at = time.monotonic() + HEALTHY_S_MAX
    while not _healthy(container, chosen):
        if time.monotonic() > give_up_at:
            raise ContainerFailed(f"{chosen.image} is not healthy: {_log_tail(container)}")
        time.sleep(POLL_S)


def _healthy(container: DockerContainer, chosen: Service) -> bool:
    container.reload()
    if container.status == "exited":
        raise ContainerFailed(f"{chosen.image} ended at once: {_log_tail(container)}")
    try:
        return container.exec(list(chosen.health)).exit_code == 0
    except DockerException:  # It ended between the two questions: the next round says so.
        return False


def _log_tail(container: DockerContainer) -> str:
    return b"".join(container.get_logs()).decode(errors="replace")[-LOG_TAIL_CHARS:].strip()
