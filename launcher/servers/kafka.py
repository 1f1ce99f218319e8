"""Runs a real Kafka broker (KRaft, one node) from jars that Maven resolves into a cache.

`kafka-pom.xml` beside this module names the jars; the machine's Maven settings say where they
come from. The cache is outside the repository and shared by all copies of it.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from launcher.servers.process import (
    HOST,
    ServerFailed,
    ServerUnavailable,
    free_port,
    port_answers,
    run_command,
)
from launcher.servers.server import Server
from runtime.process.file_lock import FileLock, FileLocked

POM: Final = Path(__file__).with_name("kafka-pom.xml")
PROBE_TIMEOUT_MS: Final = 2_000
LOCK_POLL_S: Final = 0.2

PROPERTIES: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listeners": "PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}",
    "advertised.listeners": "PLAINTEXT://{host}:{port}",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": "1@{host}:{controller_port}",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": "{log_dir}",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # What a renewal drops leaves the disk soon: after 60 s by default.
    "log.segment.delete.delay.ms": "1000",
    # A killed broker can come back only when its session has ended: 9 s by default.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}


def why_unavailable(cache_dir: Path | None = None) -> str | None:
    """Return why this machine cannot run a broker, or None."""
    if shutil.which("java") is None:
        return "Kafka needs java (17 or newer), which is not on the PATH"
    if shutil.which("mvn") is None and not _jars_in(cache_dir or default_cache_dir()).exists():
        return "Kafka's jars are resolved by mvn, which is not on the PATH"
    return None


def default_cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "practix"


async def resolve_jars(cache_dir: Path) -> Path:
    """Return the folder with the broker's jars, filling it once. Raises ServerUnavailable."""
    if reason := why_unavailable(cache_dir):
        raise ServerUnavailable(reason)
    jars = _jars_in(cache_dir)
    if not jars.exists():
        async with _hold(FileLock(cache_dir / "resolving.lock")):
            if not jars.exists():
                await _fill(jars)
    return jars


async def _fill(jars: Path) -> None:
    with tempfile.TemporaryDirectory(dir=jars.parent) as scratch:
        copied = Path(scratch) / "jars"
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={copied}"]
        try:
            await run_command(["mvn", "-q", "-B", "-f", str(POM), *goal])
        except ServerFailed as error:
            raise ServerUnavailable(f"Kafka's jars: {error}") from error
        copied.rename(jars)


@asynccontextmanager
async def _hold(lock: FileLock) -> AsyncIterator[None]:
    """Wait for the lock and keep it meanwhile: Maven's own cache is not made for two at once."""
    while True:
        try:
            lock.acquire()
        except FileLocked:
            await asyncio.sleep(LOCK_POLL_S)
        else:
            break
    try:
        yield
    finally:
        lock.release()


class KafkaServer(Server):
    """A broker that keeps its port over restarts. It makes no topic by itself.

    `properties` override `PROPERTIES` and may use the same names in braces.
    `client_options` are what an aiokafka client needs to log in.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        heap: str = "512m",
        cache_dir: Path | None = None,
        properties: Mapping[str, str] | None = None,
        client_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__("kafka", data_dir)
        self.port = port or free_port()
        self._controller_port = free_port()
        self._heap = heap
        self._cache_dir = cache_dir or default_cache_dir()
        self._properties = {**PROPERTIES, **(properties or {})}
        self._client_options = dict(client_options or {})

    @property
    def bootstrap_servers(self) -> str:
        return f"{HOST}:{self.port}"

    async def _launch(self) -> None:
        jars = await resolve_jars(self._cache_dir)
        properties = self._write_properties()
        java = ["java", f"-Xmx{self._heap}", "-Dlog4j2.level=WARN", "-cp", f"{jars}/*"]
        if not (self._log_dir / "meta.properties").exists():
            cluster_id = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
            # One word, since an id may begin with a dash.
            options = [f"--cluster-id={cluster_id}", f"--config={properties}"]
            await run_command([*java, "kafka.tools.StorageTool", "format", *options])
        self._process.start([*java, "kafka.Kafka", str(properties)], cwd=self._data_dir)
        await self._process.wait_ready(self._answers)

    @property
    def _log_dir(self) -> Path:
        return self._data_dir / "log"

    def _write_properties(self) -> Path:
        path = self._data_dir / "server.properties"
        values = {
            "host": HOST,
            "port": self.port,
            "controller_port": self._controller_port,
            "log_dir": self._log_dir,
        }
        lines = (f"{name}={value.format(**values)}" for name, value in self._properties.items())
        path.touch(mode=0o600)
        path.write_text("\n".join(lines))
        return path

    async def _answers(self) -> bool:
        if not await port_answers(self.port):
            return False
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap_servers,
            request_timeout_ms=PROBE_TIMEOUT_MS,
            **self._client_options,
        )
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
        except KafkaError:
            return False
        finally:
            await admin.close()
        return bool(cluster["brokers"])


def _jars_in(cache_dir: Path) -> Path:
    """Return the cache folder of this pom, so that versions are never mixed."""
    return cache_dir / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
