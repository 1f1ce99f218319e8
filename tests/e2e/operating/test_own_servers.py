"""Servers of one's own are backed up under traffic, destroyed, and restored (docs/operations.md).

PostgreSQL is older than the journal then, and ClickHouse is empty.
"""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from launcher.data_directory import DataDirectory
from launcher.rolling.processes import SERVICES, build_environment
from launcher.servers import clickhouse, kafka
from launcher.servers.clickhouse import install_clickhouse
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer, find_installation
from launcher.servers.process import HOST, run_command
from launcher.settings import Settings
from runtime.postgres.roles import dsn_of_role
from tests.cells.embedded import SEPARATE, assert_guest_is_seen, confirm_guest, run_system
from tests.conftest import unavailable
from tests.e2e.operating.witness import ask_without_pause, command, find_postgres, wait_told
from tests.paths import ROOT

SERVERS: Final = ("kafka", "postgres", "clickhouse")
PASSWORDS: Final = {"projector": "p" * 32, "notifier": "n" * 32, "query_api": "q" * 32}


def find_kafka(data: Path) -> str:
    """Return the address of the broker that runs on this data."""
    properties = (data / "kafka" / "server.properties").read_text()
    found = re.search(r"^advertised\.listeners=PLAINTEXT://(\S+)$", properties, re.MULTILINE)
    assert found is not None
    return found[1]


async def run_python(*arguments: str, **environment: str) -> None:
    """Run a program of ours as the page of operations says."""
    await run_command(
        [sys.executable, *arguments],
        cwd=str(ROOT),
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


async def run_postgres(program: str, *arguments: str) -> None:
    installed = find_installation()
    assert installed is not None
    await run_command([str(installed / "bin" / program), *arguments])


def notifier_environment(data: Path, kafka_address: str, postgres_dsn: str) -> Mapping[str, str]:
    addresses = dict.fromkeys(SERVICES, f"http://{HOST}:1")
    shared = build_environment(Settings(data=data), DataDirectory(data), addresses, kafka_address)
    dsn = dsn_of_role(postgres_dsn, "notifier", PASSWORDS["notifier"])
    return {**shared, "NOTIFIER_POSTGRES_DSN": dsn}


async def restore(data: Path, dump: Path, journal: Path) -> None:
    """Fill new servers, in which there is nothing."""
    async with KafkaServer(data / "kafka") as broker, PostgresServer(data / "postgres") as postgres:
        await run_python(
            *("-m", "deploy.copy_journal", "restore", str(journal)),
            KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap_servers,
        )
        options = ("--no-owner", "--no-privileges", "--exit-on-error")
        await run_postgres("pg_restore", *options, "--dbname", postgres.dsn, str(dump))
        await run_python(
            "deploy/migrate.py",
            POSTGRES_DSN=postgres.dsn,
            POSTGRES_PASSWORDS=json.dumps(PASSWORDS),
        )
        environment = notifier_environment(data, broker.bootstrap_servers, postgres.dsn)
        await run_python("-m", "notifier.restored", **environment)


@pytest.fixture(autouse=True)
async def servers_can_run() -> None:
    await install_clickhouse()
    if reason := kafka.why_unavailable() or clickhouse.why_unavailable():
        unavailable(reason)


async def test_all_servers_are_lost_and_restored(tmp_path: Path) -> None:
    data, dump, journal = tmp_path / "data", tmp_path / "practix.dump", tmp_path / "journal"
    async with run_system(data, **SEPARATE) as system:
        # Not tomorrow: the reminder a day before would come in the middle of this.
        first, boris, position = await confirm_guest(system, in_days=2)
        told_before = await wait_told(system, approvals=1)
        traffic = asyncio.create_task(ask_without_pause(system))
        await run_postgres(
            "pg_dump", "--format=custom", f"--file={dump}", f"--dbname={find_postgres(data)}"
        )
        second, _, later = await confirm_guest(system, in_days=3)
        told_after = await wait_told(system, approvals=2)
        await run_python(
            *("-m", "deploy.copy_journal", "backup", str(journal)),
            KAFKA_BOOTSTRAP_SERVERS=find_kafka(data),
        )
        traffic.cancel()
        before = await command(system, "verify")
        assert await system.stop() == 0  # What follows would disturb servers that still end.
        assert len(told_after) > len(told_before)

    for server in SERVERS:
        await asyncio.to_thread(shutil.rmtree, data / server)
    await restore(data, dump, journal)

    async with run_system(data, **SEPARATE) as system:
        await assert_guest_is_seen(system, first, boris, position)
        await assert_guest_is_seen(system, second, boris, later)
        third, _, newest = await confirm_guest(system, in_days=5)
        await assert_guest_is_seen(system, third, boris, newest)
        told = await wait_told(system, approvals=3)
        assert [one for one in told if one in told_after] == told_after
        assert len(told) - len(told_after) == len(told_after) - len(told_before)
        verified = await command(system, "verify")
        assert verified["ok"]
        assert verified["scores_in_history"] == before["scores_in_history"] is not None
