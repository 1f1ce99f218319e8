"""Copies the files of a data directory while other processes write to them.

A SQLite database is copied by SQLite itself, in one snapshot: the file alone misses its
write-ahead log. Every other file is written whole or not at all by whoever writes it.
"""

import os
import shutil
import sqlite3
from collections.abc import Container
from contextlib import closing
from pathlib import Path
from typing import Final

SQLITE_HEADER: Final = b"SQLite format 3\x00"
BESIDE: Final = ("-wal", "-shm", "-journal", ".lock", ".unfinished")
"""Endings of what belongs to a process and not to the data."""
BUSY_TIMEOUT_S: Final = 60.0


def copy_folder(source: Path, target: Path, left_out: Container[str] = ()) -> None:
    """Copy the files of a folder, but nothing at its top that is named in `left_out`."""
    for root, folders, files in os.walk(source):
        here = Path(root)
        if here == source:
            folders[:] = [name for name in folders if name not in left_out]
            files = [name for name in files if name not in left_out]
        for name in sorted(files):
            if (here / name).is_file() and not name.endswith(BESIDE):
                copy_file(here / name, target / here.relative_to(source) / name)


def copy_file(source: Path, target: Path) -> None:
    """Copy one file, by SQLite if it is a database."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file:
        is_database = file.read(len(SQLITE_HEADER)) == SQLITE_HEADER
    if is_database:
        copy_database(source, target)
    else:
        shutil.copyfile(source, target)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as one transaction would see it."""
    with (
        closing(
            sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)
        ) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        from_.backup(to)
