"""PostgreSQL is killed under use: nobody ends with it, and nothing acknowledged is lost.

Only where the system's processes are ours to kill.
"""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.attack.target import Target

KILLS = 3
BACK_S_MAX = 60.0


def postmaster_of(data: Path) -> int:
    """The number of the PostgreSQL whose parent is the system with this data."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            program = (entry / "cmdline").read_bytes().split(b"\0")[0]
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if program.endswith(b"bin/postgres") and data_of(parent) == data:
                return int(entry.name)
        except OSError:
            continue  # It has ended in the meantime.
    raise AssertionError("no PostgreSQL")


def data_of(pid: str) -> Path | None:
    """PRACTIX_DATA of a process."""
    for variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
        if variable.startswith(b"PRACTIX_DATA="):
            return Path(variable.partition(b"=")[2].decode())
    return None


async def seen(target: Target, token: str, announcement_id: str, position: int) -> None:
    """Read the evening at its position, however long the tables are away."""
    path = f"/api/v1/announcement/{announcement_id}?min_position={position}"
    async with asyncio.timeout(BACK_S_MAX):
        while (await target.send("GET", path, token)).status != 200:
            await asyncio.sleep(0.1)


async def test_reads_and_writes_outlive_a_killed_postgresql(target: Target) -> None:
    if target.site.data is None:
        pytest.skip("the system runs elsewhere")
    host, _ = await target.person("host")
    for kill in range(KILLS):
        os.kill(postmaster_of(target.site.data), signal.SIGKILL)
        begins = datetime.now(UTC) + timedelta(days=kill + 1)
        announced = await target.evening(host, event_time=begins.isoformat())
        assert announced.status == 201
        await seen(target, host, announced.json["id"], announced.position)
    async with asyncio.timeout(BACK_S_MAX):
        while await parts_without_tables(target):
            await asyncio.sleep(0.1)


async def parts_without_tables(target: Target) -> list[str]:
    ready = (await target.send("GET", "/readyz")).json
    return [name for name in ready if name.endswith("_away")]
