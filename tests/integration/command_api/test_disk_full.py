"""The embedded journal says that the disk is full, and works again once there is room."""

import asyncio
import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from runtime.journal import sqlite_file
from tests.cells.command_cell import CommandCell, command_cell, evening
from tests.waiting import WITHIN_S


class Disk(NamedTuple):
    journal_directory: Path
    fill: Callable[[], None]
    make_room: Callable[[], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of its own, of two megabytes."""
    directory = tmp_path / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("only root may mount; a journal with a quota is tested all the same")
    filler = directory / "filler"
    try:
        yield Disk(directory, lambda: fill(filler), filler.unlink)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    return
                raise


@pytest.fixture
def quota(tmp_path: Path) -> Iterator[Disk]:
    """SQLite may take no further page, and says that the disk is full."""
    connections: list[sqlite3.Connection] = []
    full: list[bool] = []
    open_for_writing = sqlite_file.open_for_writing

    def limited(path: Path) -> sqlite3.Connection:
        connection = open_for_writing(path)
        if full:
            connection.execute("PRAGMA max_page_count = 1")
        connections.append(connection)
        return connection

    def take_all() -> None:
        full.append(True)
        connections[-1].execute("PRAGMA max_page_count = 1")  # No less than it has.

    with patch.object(sqlite_file, "open_for_writing", limited):
        yield Disk(tmp_path, take_all, full.clear)


async def announce(cell: CommandCell, token: str, days: int) -> int:
    """One evening a day, each with much to tell: several pages of the journal."""
    path = f"/api/v1/announcement/{cell.movie_id}"
    starts_at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    body = evening(event_time=starts_at, description="x" * 3_900)
    return (await cell.send("POST", path, token, body)).status


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("disk", ["small_disk", "quota"])
async def test_a_full_disk_is_told_and_over_when_there_is_room(
    tmp_path: Path, disk: str, request: pytest.FixtureRequest
) -> None:
    small: Disk = request.getfixturevalue(disk)
    async with command_cell(tmp_path, journal_directory=small.journal_directory) as cell:
        anna, _ = await cell.person("anna")
        assert await announce(cell, anna, 1) == 201
        assert cell.readiness()["leader_known"]
        small.fill()
        waiting = asyncio.gather(*(announce(cell, anna, days) for days in (2, 3, 4)))
        await until(lambda: "full" in cell.readiness().get("problem", ""))
        assert not cell.readiness()["leader_known"]
        small.make_room()
        await until(lambda: cell.readiness()["leader_known"])
        assert "problem" not in cell.readiness()
        assert await waiting == [201] * 3  # They have waited, and none has counted twice.
        assert await announce(cell, anna, 5) == 201
        commits = await cell.commits()
    created = [one for one in commits if one.outcome.code == "announcement_created"]
    assert len(created) == 5
