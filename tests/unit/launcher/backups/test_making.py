"""Where a backup may be written, and what becomes of one that another is in the way of."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from launcher.backups import making
from launcher.backups.making import TargetUnusable, make_backup
from launcher.backups.manifest import Manifest, read_manifest
from launcher.data_directory import DataDirectory
from launcher.servers.postgres_copy import BASE
from runtime.journal.sqlite_file import CREATE

COPY = "launcher.backups.making.copy_cluster"


async def copy_a_file(_data_dir: Path, target: Path) -> None:
    (target / BASE).write_bytes(b"the cluster")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDirectory]:
    """The data of a system that runs and whose PostgreSQL is a file."""
    monkeypatch.setattr(COPY, copy_a_file)
    running = DataDirectory(tmp_path / "data")
    running.occupy()
    running.require_secrets()
    with closing(sqlite3.connect(running.journal_path)) as journal:
        journal.execute(CREATE)
    yield DataDirectory(tmp_path / "data")
    running.vacate()


async def test_of_two_backups_into_one_folder_the_second_is_refused_before_it_copies(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backup"

    async def copy_beside_another(data_dir: Path, folder: Path) -> None:
        monkeypatch.setattr(COPY, None)
        with pytest.raises(TargetUnusable, match="another backup"):
            await make_backup(data, target)
        await copy_a_file(data_dir, folder)

    monkeypatch.setattr(COPY, copy_beside_another)
    await make_backup(data, target)
    read_manifest(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


async def test_of_two_backups_that_begin_in_the_same_moment_one_is_made(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = Barrier(2, timeout=0.5)

    def make_late(**options: Any) -> Any:
        with suppress(BrokenBarrierError):
            both_have_looked.wait()
        return mkdtemp(**options)

    monkeypatch.setattr(making, "mkdtemp", make_late)

    def make() -> Manifest:
        return asyncio.run(make_backup(data, tmp_path / "backup"))

    both = [asyncio.to_thread(make) for _ in range(2)]
    results = await asyncio.gather(*both, return_exceptions=True)
    (refused,) = (one for one in results if isinstance(one, BaseException))
    assert isinstance(refused, TargetUnusable)
    read_manifest(tmp_path / "backup")


async def test_what_a_killed_backup_left_is_in_nobodys_way(
    tmp_path: Path, data: DataDirectory
) -> None:
    (tmp_path / "backup.unfinished-killed").mkdir()
    await make_backup(data, tmp_path / "backup")
    read_manifest(tmp_path / "backup")


async def test_a_folder_that_appeared_meanwhile_is_left_alone(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backup"

    async def copy_and_be_overtaken(data_dir: Path, folder: Path) -> None:
        (target / "notes").mkdir(parents=True)
        await copy_a_file(data_dir, folder)

    monkeypatch.setattr(COPY, copy_and_be_overtaken)
    with pytest.raises(FileExistsError, match="meanwhile"):
        await make_backup(data, target)
    assert [path.name for path in target.iterdir()] == ["notes"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


async def test_a_backup_deletes_nothing_that_is_not_its_own(
    tmp_path: Path, data: DataDirectory
) -> None:
    (tmp_path / "backup.unfinished" / "notes").mkdir(parents=True)
    await make_backup(data, tmp_path / "backup")
    assert (tmp_path / "backup.unfinished" / "notes").exists()


@pytest.mark.parametrize("cell", ["", "spb"])
@pytest.mark.parametrize(
    "inside", ["backup", "backups/today", "cells/msk/backup", "../link/backup"]
)
async def test_a_backup_within_the_data_is_refused_as_the_next_would_contain_it(
    tmp_path: Path, cell: str, inside: str
) -> None:
    data = DataDirectory(tmp_path / "data", cell)
    data.path.mkdir(parents=True)
    data.journal_path.touch()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    target = tmp_path / "data" / inside
    target.parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises(TargetUnusable, match="data directory"):
        await make_backup(data, target)
    assert not target.exists()


async def test_a_disk_that_is_not_mounted_gets_no_backup(
    tmp_path: Path, data: DataDirectory
) -> None:
    with pytest.raises(TargetUnusable, match="no folder"):
        await make_backup(data, tmp_path / "disk" / "backup")
    assert not (tmp_path / "disk").exists()
