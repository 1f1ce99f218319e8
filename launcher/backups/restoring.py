"""Lays a backup out as the data directory of an embedded system that was never started."""

import os
import shutil
from pathlib import Path
from typing import Final

from launcher.backups.making import CELL, POSTGRES, SHARED
from launcher.backups.manifest import BackupDamaged, Manifest, read_manifest
from launcher.data_directory import SECRETS, DataDirectory
from launcher.servers.postgres_copy import BASE, restore_cluster
from runtime.process.private_files import close_to_others

LOST_AND_FOUND: Final = "lost+found"
"""A folder that a file system of its own has from the beginning."""


class DataThere(Exception):
    """There is data already, which nothing may overwrite."""


def restore_backup(backup: Path, data: DataDirectory) -> Manifest:
    """Lay the backup out, whole or not at all; the next start of the system goes on from it.

    The directory is locked meanwhile. Nothing is renamed over it, so it may be a mount point or a
    link. Raises BackupDamaged, DataInUse, DataThere, and OSError.
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
    harmless = {LOST_AND_FOUND, data.lock_path.name, data.restoring_path.name}
    if data.path.exists() and any(path.name not in harmless for path in data.path.iterdir()):
        raise DataThere(f"{data.path} is not empty")


def _restore_into(data: DataDirectory, backup: Path) -> None:
    scratch = data.restoring_path
    shutil.rmtree(scratch, ignore_errors=True)  # We have the lock: whoever left it was killed.
    shared = _find_missing(backup, data)
    try:
        _lay_out(backup, scratch / CELL)
        for source, _ in shared:
            shutil.copytree(source, scratch / SHARED / source.name)
        close_to_others(scratch)
        # No system starts while `scratch` is there, even if we are killed between two of these.
        _move_all(
            [(scratch / SHARED / source.name, target) for source, target in shared]
            + [(path, data.path / path.name) for path in (scratch / CELL).iterdir()]
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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


def _find_missing(backup: Path, data: DataDirectory) -> list[tuple[Path, Path]]:
    """Return the backup's folders that all cells share and that are not there, with where they go.

    Raises DataThere if another cell lives there with other secrets: tokens of the backup would
    not count.
    """
    missing = []
    for target in data.shared_paths:
        source = backup / SHARED / target.name
        if not source.exists():
            continue
        if not target.exists():
            missing.append((source, target))
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
