"""Data that an early build wrote is opened by this one, and everything in it is right.

The archive was made by the build of 24 November 2026, the earliest whose migrations are still
those of today: the embedded system replayed 200 lines of its demo, then Anna announced an
evening and confirmed Boris. It has journal and history as they were, and PostgreSQL as SQL.
"""

import asyncio
import tarfile
from pathlib import Path
from typing import Final

import pytest

from launcher.servers.postgres import PostgresServer, find_installation
from launcher.servers.process import run_command
from tests.cells.embedded import assert_guest_is_seen, confirm_guest, run_system
from tests.e2e.operating.witness import command, wait_told

ARCHIVE: Final = Path(__file__).with_name("embedded-2026-11-24.tar.xz")
EVENING: Final = "4123e947-4ae5-4541-8955-1f89663c9aae"
POSITION: Final = 256
"""Of the last command of that build."""


async def lay_out(data: Path) -> None:
    """Make the data directory as that build left it."""
    data.mkdir()
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(data, filter="data")
    installed = find_installation()
    assert installed is not None
    async with PostgresServer(data / "postgres") as postgres:
        psql = [str(installed / "bin" / "psql"), "--quiet", "--set=ON_ERROR_STOP=1"]
        await run_command([*psql, f"--file={data / 'tables.sql'}", postgres.dsn])


@pytest.mark.parametrize("tables", ["kept", "lost"])
async def test_an_early_build_is_upgraded(tmp_path: Path, tables: str) -> None:
    data = tmp_path / "data"
    await lay_out(data)
    if tables == "lost":
        await asyncio.to_thread((data / "postgres").rename, tmp_path / "postgres")
    async with run_system(data) as system:
        boris = await system.token("boris")
        await assert_guest_is_seen(system, EVENING, boris, POSITION)
        verified = await command(system, "verify")
        assert verified["ok"]
        assert verified["position"] > POSITION
        await confirm_guest(system, in_days=3)
        if tables == "kept":  # It knows whom that build has told.
            await wait_told(system, approvals=1)
        assert (await command(system, "verify"))["ok"]
