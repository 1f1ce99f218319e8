"""Reads the migration files of a database, and finds those that are still to be applied.

A database records the name and the digest of every file that was applied to it.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1] / "migrations"
"""Folder with the files of each database."""


class MigrationEdited(Exception):
    """A file has changed since it was applied. Write a new file instead."""


def read_migrations(directory: Path) -> dict[str, bytes]:
    """Return the content of each file by name, in the order in which they are applied."""
    return {file.name: file.read_bytes() for file in sorted(directory.glob("*.sql"))}


def find_missing(files: Mapping[str, bytes], applied: Mapping[str, str]) -> list[str]:
    """Return the names of the files that were not applied yet, in order.

    `applied` has the digest of each applied file by name. Raises MigrationEdited if one of
    these files has changed.
    """
    for name in applied.keys() & files.keys():
        if applied[name] != digest(files[name]):
            raise MigrationEdited(name)
    return [name for name in files if name not in applied]


def digest(content: bytes) -> str:
    """Return the digest that a database records."""
    return sha256(content).hexdigest()
