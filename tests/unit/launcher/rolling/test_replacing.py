"""A process of a service is replaced, or not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from launcher.rolling.processes import ServiceProcess
from launcher.servers.process import ServerFailed

READY = {"ready": True}
FILLS = {"ready": False, "tables": False, "read_models": False, "filling": {"phase": "fill"}}
STUCK = {**FILLS, "filling": {"phase": "different", "problem": "go back to the build before"}}


class StandInProcess(ServiceProcess):
    """Runs another program, and answers with `entries`."""

    def __init__(self, data: Path, entries: dict[str, Any]) -> None:
        (data / "logs").mkdir()
        super().__init__("projector", data, {})
        self.entries = entries
        self.program = "sleep 600"

    async def start(self) -> None:
        self._process.start(["sh", "-c", self.program], cwd=self._data)

    async def look(self) -> dict[str, Any]:
        return self.entries


async def test_whoever_cannot_go_on_is_reported_at_once_and_works_on(tmp_path: Path) -> None:
    process = StandInProcess(tmp_path, STUCK)
    with pytest.raises(ServerFailed, match="different: go back to the build before"):
        await process.replace(process.look)
    assert process.running
    await process.stop()
    assert not process.running, "if it ends later, somebody starts it again"


async def test_whoever_ends_at_once_is_not_started_again_before_the_next_replacement(
    tmp_path: Path,
) -> None:
    process = StandInProcess(tmp_path, {})
    process.program = "exit 1"
    with pytest.raises(ServerFailed, match="ended at once"):
        await process.replace(process.look)
    assert process.running, "nobody has to start it"
    process.program, process.entries = "sleep 600", READY
    await process.replace(process.look)
    await process.stop()
    assert not process.running


async def test_whoever_fills_tables_for_hours_is_not_asked_all_the_time(tmp_path: Path) -> None:
    process, looks = StandInProcess(tmp_path, FILLS), []

    async def look() -> dict[str, Any]:
        looks.append(1)
        return await process.look()

    await process.start()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(process.wait_ready(look), 1.0)
    assert len(looks) <= 3
    await process.stop()


async def test_a_start_waits_for_no_tables(tmp_path: Path) -> None:
    process = StandInProcess(tmp_path, FILLS)
    await process.start()
    await process.wait_ready(process.look, or_preparing=True)
    process.entries = {"ready": False, "tables_away": "not_migrated", "read_models": False}
    await process.wait_ready(process.look, or_preparing=True)
    await process.stop()
