"""Makes a backup of one cell of the embedded system, which may go on running.

The order makes the copies fit. PostgreSQL comes first, then the journal: tables may be older than
the journal, which they then follow, but never newer. The stand-in comes last: people, and
notices that reached it, may be newer than the journal and change nothing.

What the journal fills again is left out: the history and the analysts' database, the image and
the checkpoints of verify.
"""

import errno
import glob
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from launcher.backups.copying import copy_database, copy_folder
from launcher.backups.manifest import Manifest, write_manifest
from launcher.data_directory import RESTORING, DataDirectory, DataInUse
from launcher.servers.postgres import PostgresServer
from launcher.servers.postgres_copy import copy_cluster
from runtime.clickhouse.chdb import ANALYSTS_DATABASE
from runtime.journal import sqlite_file
from runtime.journal.port import JournalUnavailable
from runtime.process.file_lock import FileLocked, FolderLock
from runtime.process.private_files import close_to_others

CELL: Final = "cell"
"""The folder of a backup that has the files of the cell."""
SHARED: Final = "shared"
"""The folder of what all cells of a data directory share."""
POSTGRES: Final = "postgres"
FILLED_AGAIN: Final = frozenset(
    {"command_api", "projector", "clickhouse", ANALYSTS_DATABASE, "servers", "logs"}
)


class NothingToCopy(Exception):
    """There is no journal of an embedded system."""


class TargetUnusable(Exception):
    """No backup may be written to this place."""


async def make_backup(data: DataDirectory, target: Path) -> Manifest:
    """Write a backup into the folder `target`, which is new, whole or not at all.

    Raises FileExistsError, NothingToCopy, TargetUnusable, OSError, JournalUnavailable,
    ServerError, and sqlite3.Error.
    """
    if not sqlite_file.list_generations(data.journal_path):
        raise NothingToCopy(f"there is no journal of an embedded system in {data.path}")
    _demand_outside(data, target)
    made_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    with _begin(target) as unfinished:
        async with _server_running(data):
            (unfinished / CELL / POSTGRES).mkdir(parents=True)
            await copy_cluster(data.path / POSTGRES, unfinished / CELL / POSTGRES)
            position = _copy_journal(data.journal_path, unfinished / CELL)
            _copy_the_rest(data, unfinished)
        manifest = write_manifest(unfinished, cell=data.cell, made_at=made_at, position=position)
        close_to_others(unfinished)
        _finish(unfinished, target)
    return manifest


def _demand_outside(data: DataDirectory, target: Path) -> None:
    """Raise TargetUnusable if the backup would be part of the next one, and of itself."""
    if target.parent.resolve().is_relative_to(data.shared.resolve()):
        raise TargetUnusable(f"{target} is in the data directory {data.shared}: name another place")


@contextmanager
def _begin(target: Path) -> Iterator[Path]:
    """Make a folder that becomes `target` once it is whole, and lock it as long as that takes. If
    it does not become that, it is removed.

    No parent is made: it may be a disk that is not mounted now.
    """
    if not target.parent.is_dir():
        raise TargetUnusable(f"there is no folder {target.parent}: make it, or mount it")
    if os.path.lexists(target):
        raise FileExistsError(f"{target} exists already")
    unfinished = _make_locked(target)
    try:
        yield unfinished.folder
    except BaseException:
        shutil.rmtree(unfinished.folder, ignore_errors=True)
        raise
    finally:
        unfinished.release()


def _make_locked(target: Path) -> FolderLock:
    """Make the folder that is to become `target`, and lock it. Raises TargetUnusable if there is
    one that is locked."""
    prefix = f"{target.name}.unfinished-"
    with FolderLock(target.parent):  # Nobody else looks for folders, or makes one, meanwhile.
        if any(_is_locked(path) for path in target.parent.glob(f"{glob.escape(prefix)}*")):
            raise TargetUnusable(f"another backup into {target} has begun")
        unfinished = FolderLock(Path(mkdtemp(prefix=prefix, dir=target.parent)))
        unfinished.acquire(wait=True)
    return unfinished


def _is_locked(folder: Path) -> bool:
    lock = FolderLock(folder)
    try:
        lock.acquire()
    except FileLocked:
        return True
    except OSError:  # It has ended just now.
        return False
    lock.release()
    return False


def _finish(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise FileExistsError(f"{target} was made by another meanwhile") from error
        raise


@asynccontextmanager
async def _server_running(data: DataDirectory) -> AsyncIterator[None]:
    """Make sure that PostgreSQL runs: that of the system, or one of our own if it is stopped."""
    try:
        data.occupy()
    except DataInUse:
        yield
        return
    try:
        async with PostgresServer(data.path / POSTGRES):
            yield
    finally:
        data.vacate()


def _copy_journal(first: Path, folder: Path) -> int:
    """Copy the log in force and return its end. Raises JournalUnavailable during a renewal, when
    it takes two logs together to be whole."""
    before = sqlite_file.list_generations(first)
    copy = folder / sqlite_file.path_of_generation(first, before[-1]).name
    copy_database(sqlite_file.path_of_generation(first, before[-1]), copy)
    if len(before) > 1 or sqlite_file.list_generations(first) != before:
        raise JournalUnavailable("the journal is being renewed; try again when that is done")
    with closing(sqlite3.connect(copy)) as copied:
        return sqlite_file.read_end(copied)


def _copy_the_rest(data: DataDirectory, folder: Path) -> None:
    shared = {path.name for path in (*data.shared_paths, *data.path.glob(f"{RESTORING}*"))}
    journals = {path.name for path in data.path.glob(f"{data.journal_path.stem}*")}
    copy_folder(data.path, folder / CELL, FILLED_AGAIN | shared | journals | {POSTGRES, "cells"})
    for path in data.shared_paths:
        copy_folder(path, folder / SHARED / path.name)
