"""Runs a real ClickHouse server from the machine's own package, with our configuration.

Debian's is 18.16, the oldest version that the services support. A current one takes the
same configuration. It listens on loopback only and asks for passwords, which are made with
the data directory. The account for questions is the shipped one (deploy/clickhouse).
"""

import asyncio
import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from clickhouse_driver import Client
from clickhouse_driver.errors import Error as ClickHouseError

from launcher.servers.process import (
    HOST,
    ServerFailed,
    ServerUnavailable,
    free_port,
    port_answers,
    run_command,
)
from launcher.servers.server import Server, read_or_make_secret

PACKAGE: Final = "clickhouse-server"
ACCOUNTS: Final = Path(__file__).parents[2] / "deploy" / "clickhouse"
ANALYST: Final = ACCOUNTS / "analyst.xml"
INVESTIGATOR: Final = ACCOUNTS / "investigator.xml"
ANALYST_PASSWORD: Final = "CLICKHOUSE_ANALYST_PASSWORD"
INVESTIGATOR_PASSWORD: Final = "CLICKHOUSE_INVESTIGATOR_PASSWORD"
DATABASE: Final = "practix"
ANALYSTS_DATABASE: Final = "practix_analysts"
PROBE_TIMEOUT_S: Final = 2

# The old name of the root element. Old servers know no other, current ones know both.
CONFIG: Final = """\
<?xml version="1.0"?>
<yandex>
    <logger><level>warning</level><console>1</console></logger>
    <listen_host>{host}</listen_host>
    <tcp_port>{port}</tcp_port>
    <path>{data}/</path>
    <tmp_path>{data}/tmp/</tmp_path>
    <user_files_path>{data}/user_files/</user_files_path>
    <format_schema_path>{data}/format_schemas/</format_schema_path>
    <users_config>{users}</users_config>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <mark_cache_size>268435456</mark_cache_size>
    <max_concurrent_queries>100</max_concurrent_queries>
    <timezone>UTC</timezone>
</yandex>
"""
USERS: Final = """\
<?xml version="1.0"?>
<yandex>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <password_sha256_hex>{password_hash}</password_sha256_hex>
            <networks><ip>{host}</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </default>
    </users>
</yandex>
"""


def why_unavailable() -> str | None:
    """Return why this machine cannot run the server, or None."""
    if _server_command() is None:
        return f"ClickHouse is not installed (package {PACKAGE})"
    return None


async def install_clickhouse() -> None:
    """Install the distribution's package unless there is a server. Needs root.

    Raises ServerUnavailable.
    """
    if _server_command() is not None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServerUnavailable(f"{why_unavailable()}, and only root can install it with apt-get")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE]
    try:
        await run_command(["apt-get", "update", "-qq"], env=env)
        await run_command(install, env=env)
    except ServerFailed as error:
        raise ServerUnavailable(f"ClickHouse cannot be installed: {error}") from error


class ClickHouseServer(Server):
    """A ClickHouse server that keeps its port over restarts."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__("clickhouse", data_dir)
        self.port = 0
        self._password = ""
        self._analyst_password = ""
        self._investigator_password = ""

    @property
    def dsn(self) -> str:
        """Native address, with the password, of the database that `start` makes."""
        return self.dsn_of(DATABASE)

    def dsn_of(self, database: str) -> str:
        return f"clickhouse://default:{self._password}@{HOST}:{self.port}/{database}"

    @property
    def analyst_dsn(self) -> str:
        """Address for questions: its account may only read the analysts' database."""
        place = f"{HOST}:{self.port}/{ANALYSTS_DATABASE}"
        return f"clickhouse://analyst:{self._analyst_password}@{place}"

    @property
    def investigator_dsn(self) -> str:
        """Address for SQL on the history: its account may only read it."""
        place = f"{HOST}:{self.port}/{DATABASE}"
        return f"clickhouse://investigator:{self._investigator_password}@{place}"

    async def _launch(self) -> None:
        command = _server_command()
        if command is None:
            raise ServerUnavailable(why_unavailable())
        self.port = self.port or free_port()
        config = self._write_config()
        self._process.start(
            [*command, f"--config-file={config}"],
            cwd=self._data_dir,
            env={
                ANALYST_PASSWORD: self._analyst_password,
                INVESTIGATOR_PASSWORD: self._investigator_password,
            },
        )
        await self._process.wait_ready(self._answers)
        await asyncio.to_thread(
            self._execute, "default", f"CREATE DATABASE IF NOT EXISTS {DATABASE}"
        )

    def _write_config(self) -> Path:
        self._password = read_or_make_secret(self._data_dir / "clickhouse.password")
        self._analyst_password = read_or_make_secret(self._data_dir / "analyst.password")
        self._investigator_password = read_or_make_secret(self._data_dir / "investigator.password")
        users = self._data_dir / "users.xml"
        additions = self._data_dir / "users.d"
        additions.mkdir(exist_ok=True)
        for account in (ANALYST, INVESTIGATOR):
            shutil.copy(account, additions)
        password_hash = hashlib.sha256(self._password.encode()).hexdigest()
        users.write_text(USERS.format(host=HOST, password_hash=password_hash))
        config = self._data_dir / "config.xml"
        data = self._data_dir / "data"
        config.write_text(CONFIG.format(host=HOST, port=self.port, data=data, users=users))
        return config

    async def _answers(self) -> bool:
        if not await port_answers(self.port):
            return False
        try:
            await asyncio.to_thread(self._execute, "default", "SELECT 1")
        except (ClickHouseError, OSError):
            return False
        return True

    def _execute(self, database: str, statement: str) -> None:
        client = Client.from_url(f"{self.dsn_of(database)}?connect_timeout={PROBE_TIMEOUT_S}")
        try:
            client.execute(statement)
        finally:
            client.disconnect()


def _server_command() -> list[str] | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    if found := shutil.which("clickhouse-server", path=path):
        return [found]
    if found := shutil.which("clickhouse", path=path):
        return [found, "server"]
    return None
