"""A backup of a running system, and what it is worth once the machine is gone."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from typer.testing import CliRunner

from launcher import cli
from launcher.backups.making import CELL, POSTGRES
from launcher.servers.postgres_account import RESTORED
from launcher.servers.postgres_copy import restore_cluster
from tests.cells.embedded import RunningSystem, assert_guest_is_seen, confirm_guest, run_system
from tests.e2e.operating.witness import ask_without_pause, command, wait_told


@asynccontextmanager
async def run_restored(data: Path, backup: Path) -> AsyncIterator[RunningSystem]:
    """Run a system on what a backup holds."""
    environment = {"PRACTIX_DATA": str(data)}
    restored = CliRunner().invoke(cli.app, ["restore", str(backup)], env=environment)
    assert restored.exit_code == 0, restored.output
    async with run_system(data) as system:
        yield system


async def test_a_backup_of_a_running_system_is_whole_and_its_tables_catch_up(
    tmp_path: Path,
) -> None:
    lost, found, backup = tmp_path / "lost", tmp_path / "found", tmp_path / "backup"
    async with run_system(lost) as system:
        # Not tomorrow: the reminder a day before would come in the middle of this.
        first, boris, position = await confirm_guest(system, in_days=2)
        told_before = await wait_told(system, approvals=1)
        traffic = asyncio.create_task(ask_without_pause(system))
        made = await command(system, "backup", str(backup))
        traffic.cancel()
        second, _, later = await confirm_guest(system, in_days=3)
        told_after = await wait_told(system, approvals=2)
        assert await system.stop(signal.SIGKILL) == -signal.SIGKILL

    async with run_restored(found, backup) as system:
        await assert_guest_is_seen(system, first, boris, position)
        await system.get(f"/api/v1/announcement/{second}", boris, expect=404)
        assert (await command(system, "verify"))["position"] > made["position"]
        assert await wait_told(system, approvals=1) == told_before
        assert await system.stop() == 0
        stopped = await command(system, "backup", str(tmp_path / "of a stopped system"))
        assert stopped["position"] > made["position"]

    # The tables of the backup beside the journal of today.
    shutil.rmtree(lost / POSTGRES)
    restore_cluster(backup / CELL / POSTGRES, lost / POSTGRES)
    async with run_system(lost) as system:
        assert not (lost / POSTGRES / RESTORED).exists()
        await assert_guest_is_seen(system, second, boris, later)
        await command(system, "verify")
        third, _, newest = await confirm_guest(system, in_days=5)
        await assert_guest_is_seen(system, third, boris, newest)
        told = await wait_told(system, approvals=3)
        assert [one for one in told if one in told_after] == told_after
        assert len(told) - len(told_after) == len(told_after) - len(told_before)
