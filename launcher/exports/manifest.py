"""The file `manifest.json` of a folder of exports: what is in the folder, up to which position.

Only files that it names count. It is replaced as a whole, and is on the disk before anybody is
told of it.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "manifest.json"
FORMAT: Final = 1
TABLES: Final = ("events", "refusals", "ratings")


class FolderDamaged(Exception):
    """The folder is not what the manifest says, or was written by something else."""


class ExportedFile(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """One file of a table. It has each row of its positions once."""

    name: str
    """Its path in the folder."""
    first: int
    last: int
    """The positions that it covers, both included."""
    rows: int
    bytes: int
    sha256: str


class ExportedTable(msgspec.Struct, kw_only=True):
    """The files of one table."""

    position: int = 0
    """Position up to which everything is in the files. Positions without a row are in none."""
    files: list[ExportedFile] = []


class ExportManifest(msgspec.Struct, kw_only=True):
    """The content of a folder. Each table has its own position; a run that ended well made them
    equal."""

    format: int = FORMAT
    filling: str = ""
    """The version and pseudonyms of all rows here; empty as long as there are none."""
    tables: dict[str, ExportedTable] = {}

    def table(self, name: str) -> ExportedTable:
        """Return what is there of a table, to be changed."""
        return self.tables.setdefault(name, ExportedTable())


def load_manifest(folder: Path) -> ExportManifest:
    """Return the manifest of the folder, an empty one if it has none. Raises FolderDamaged if it
    cannot be read, or if a file that it names is missing or of another size."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=ExportManifest)
    except FileNotFoundError:
        return ExportManifest()
    except (OSError, msgspec.MsgspecError) as error:
        raise FolderDamaged(f"{folder / NAME} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise FolderDamaged(f"{folder} has format {manifest.format}; this version knows {FORMAT}")
    for table in manifest.tables.values():
        for file in table.files:
            path = folder / file.name
            if not path.is_file() or path.stat().st_size != file.bytes:
                raise FolderDamaged(f"{path} is not what was written")
    return manifest


def save_manifest(folder: Path, manifest: ExportManifest) -> None:
    """Replace the manifest, whole or not at all. Raises OSError."""
    growing = folder / f"{NAME}.part"
    with growing.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        os.fsync(file.fileno())
    growing.replace(folder / NAME)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Bring to the disk which files the folder has. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
