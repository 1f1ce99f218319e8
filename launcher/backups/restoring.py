"""Lays a backup out as the data directory of an embedded system that was never started."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from launcher.backups.making import CELL, POSTGRES, SHARED
from launcher.backups.manifest import BackupDamaged, Manifest, read_manifest
from launcher.data_directory import RESTORING, SECRETS, DataDirectory, DataInUse
from launcher.servers.postgres_copy import BASE, restore_cluster
from runtime.process.private_files import close_to_others

LOST_AND_FOUND: Final = "lost+found"
"""A folder that a file system of its own has from the beginning."""


class DataThere(Exception):
    """There is data already, which nothing may overwrite."""


def restore_backup(backup: Path, data: DataDirectory) -> Manifest:
    """Lay the backup out, whole or not at all; the next start of the system goes on from it.

    The directory is locked meanwhile, and what cells share if it has to be restored, too. Nothing
    is renamed over it, so it may be a mount point or a link. Raises BackupDamaged, DataInUse,
    DataThere, and OSError.
    """
    manifest = read_manifest(backup)
    _demand_whole(backup, manifest, data)
    if manifest.cell != data.cell:
        raise BackupDamaged(
            f"{backup} is of the cell {manifest.cell!r}, and PRACTIX_CELL is {data.cell!r}"
        )
    _demand_empty(data)  # Before anything is written into a directory that is not ours.
    data.occupy(to_restore=True)
    try:
        _demand_empty(data)  # Another restore may have ended just now.
        _restore_into(data, backup)
    finally:
        data.vacate()
    return manifest


def _demand_whole(backup: Path, manifest: Manifest, data: DataDirectory) -> None:
    """Raise BackupDamaged if the manifest lacks what every backup has."""
    journal = f"{CELL}/{data.journal_path.stem}"
    for what in (f"{CELL}/{POSTGRES}/{BASE}", journal):
        if not any(path.startswith(what) for path in manifest.files):
            raise BackupDamaged(f"{backup} is no backup: it has no {what}")


def _demand_empty(data: DataDirectory) -> None:
    empty = {path for path in data.shared_paths if _is_empty(path)}
    harmless = {data.path / LOST_AND_FOUND, data.lock_path, data.restoring_path} | empty
    if data.path.exists() and any(path not in harmless for path in data.path.iterdir()):
        raise DataThere(f"{data.path} is not empty")


def _is_empty(folder: Path) -> bool:
    """Return whether it is there and has nothing in it, as a disk of its own."""
    harmless = (LOST_AND_FOUND, RESTORING)
    return folder.is_dir() and all(path.name in harmless for path in folder.iterdir())


class _SharedFolder(NamedTuple):
    """A folder of a backup that all cells share, and that is not there yet."""

    source: Path
    target: Path
    scratch: Path
    """A folder on the disk of the target, where it is laid out first."""

    def list_moves(self) -> list[tuple[Path, Path]]:
        if not self.target.exists():
            return [(self.scratch, self.target)]
        return [(path, self.target / path.name) for path in self.scratch.iterdir()]


def _restore_into(data: DataDirectory, backup: Path) -> None:
    cell, shared = data.restoring_path / CELL, _find_missing(backup, data)
    if shared and not data.alone:
        names = " and ".join(one.target.name for one in shared)
        raise DataInUse(f"another cell runs in {data.shared}, which lacks {names}: stop it first")
    if not shared:
        data.share()
    scratches = {data.restoring_path, data.shared_restoring_path, *(one.scratch for one in shared)}
    _remove_all(scratches)  # We have the lock: whoever left them was killed.
    try:
        _lay_out(backup, cell)
        for one in shared:
            shutil.copytree(one.source, one.scratch)
        for scratch in scratches:
            if scratch.exists():
                close_to_others(scratch)
        # No system starts while `restoring_path` is there, even if we are killed in between.
        moves = [move for one in shared for move in one.list_moves()]
        _move_all(moves + [(path, data.path / path.name) for path in cell.iterdir()])
    finally:
        _remove_all(scratches)


def _remove_all(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _move_all(moves: list[tuple[Path, Path]]) -> None:
    """Move all or nothing, over nothing that is there."""
    moved: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if os.path.lexists(target):
                raise DataThere(f"{target} is there already")
            source.rename(target)
            moved.append((source, target))
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise


def _find_missing(backup: Path, data: DataDirectory) -> list[_SharedFolder]:
    """Return the backup's folders that all cells share and that are missing or empty here.

    Raises DataThere if another cell lives there with other secrets: tokens of the backup would
    not count.
    """
    missing = []
    for target in data.shared_paths:
        source = backup / SHARED / target.name
        if not source.exists():
            continue
        if not target.exists():
            scratch = data.shared_restoring_path / SHARED / target.name
            missing.append(_SharedFolder(source, target, scratch))
        elif _is_empty(target):
            missing.append(_SharedFolder(source, target, target / RESTORING))
        elif target.name == SECRETS and not _are_alike(source, target):
            raise DataThere(f"{target} has other secrets than the backup")
    return missing


def _are_alike(secrets: Path, others: Path) -> bool:
    return all(
        (others / secret.name).is_file()
        and (others / secret.name).read_bytes() == secret.read_bytes()
        for secret in secrets.iterdir()
    )


def _lay_out(backup: Path, cell: Path) -> None:
    shutil.copytree(backup / CELL, cell, ignore=lambda folder, _: _copied_apart(backup, folder))
    restore_cluster(backup / CELL / POSTGRES, cell / POSTGRES)


def _copied_apart(backup: Path, folder: str) -> set[str]:
    return {POSTGRES} if Path(folder) == backup / CELL else set()
