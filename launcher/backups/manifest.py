"""What a backup says of itself: what it holds, and by which sums each file is known again."""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "backup.json"
FORMAT: Final = 2
READABLE: Final = (1, 2)
"""In format 1 the write-ahead log of PostgreSQL is among its files, in 2 it is apart."""


class BackupDamaged(Exception):
    """The folder is no backup, or not what was written."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The file `backup.json`."""

    format: int = FORMAT
    cell: str
    """Name of the cell; empty if it has none."""
    made_at: str
    """When the backup was begun, as ISO 8601 in UTC. What came later may be missing."""
    position: int
    """Number of entries of the journal, what does not count included."""
    files: dict[str, str]
    """The SHA-256 of each file, by its path in the backup."""


def write_manifest(folder: Path, *, cell: str, made_at: str, position: int) -> Manifest:
    """Describe everything that is in the folder."""
    manifest = Manifest(cell=cell, made_at=made_at, position=position, files=_sum_files(folder))
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup that is as it was written. Raises BackupDamaged."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupDamaged(f"{folder} is no backup: {error}") from error
    if manifest.format not in READABLE:
        raise BackupDamaged(f"{folder} has format {manifest.format}; this version reads {READABLE}")
    found = _sum_files(folder)
    for path in sorted(manifest.files.keys() | found.keys()):
        if manifest.files.get(path) != found.get(path):
            raise BackupDamaged(f"{folder / path} is not what was written")
    return manifest


def _sum_files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _sum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / NAME
    }


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
