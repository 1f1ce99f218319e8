"""Lays a backup out as the data directory of an embedded system that was never started."""

import shutil
from pathlib import Path

from launcher.backups.making import CELL, POSTGRES, SHARED
from launcher.backups.manifest import BackupDamaged, Manifest, read_manifest
from launcher.data_directory import SECRETS, DataDirectory
from launcher.servers.postgres_copy import restore_cluster
from runtime.process.private_files import close_to_others


class DataThere(Exception):
    """There is data already, which nothing may overwrite."""


def restore_backup(backup: Path, data: DataDirectory) -> Manifest:
    """Lay the backup out, whole or not at all; the next start of the system goes on from it.

    Raises BackupDamaged, DataThere, and OSError.
    """
    manifest = read_manifest(backup)
    if manifest.cell != data.cell:
        raise BackupDamaged(
            f"{backup} is of the cell {manifest.cell!r}, and PRACTIX_CELL is {data.cell!r}"
        )
    if data.path.exists() and any(data.path.iterdir()):
        raise DataThere(f"{data.path} is not empty")
    shared = _find_missing(backup, data)
    scratch = data.path.with_name(data.path.name + ".restoring")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        _lay_out(backup, scratch)
        for source, target in shared:
            inside = scratch / target.name if target.parent == data.path else target
            shutil.copytree(source, inside)
        close_to_others(scratch)
        scratch.rename(data.path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def _find_missing(backup: Path, data: DataDirectory) -> list[tuple[Path, Path]]:
    """Return the folders that all cells share and that are not there, with where they go.

    Raises DataThere if another cell lives there with other secrets: tokens of the backup would
    not count.
    """
    missing = []
    for target in data.shared_paths:
        source = backup / SHARED / target.name
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
