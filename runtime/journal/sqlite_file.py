"""Reads and writes the journal's SQLite file, with blocking calls.

Offsets count from 0 without gaps, so a gap means that entries were removed from the file.
`read_end`, `read_from` and `commit` also raise sqlite3.Error; `translate_sqlite_errors` turns
it into an error of the port.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from runtime.journal.port import JournalEntry, JournalTruncated, JournalUnavailable

BUSY_TIMEOUT_S: Final = 5.0
READ_ENTRIES_MAX: Final = 1_000
READ_BYTES_MAX: Final = 4_000_000

CREATE: Final = """
    CREATE TABLE IF NOT EXISTS entries (
        offset INTEGER PRIMARY KEY, stamp_ms INTEGER NOT NULL, payload BLOB NOT NULL
    )
"""
TABLE_EXISTS: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'entries'"
SELECT_END: Final = "SELECT coalesce(max(offset), -1) + 1 FROM entries"
SELECT_FROM: Final = """
    SELECT offset, stamp_ms, payload FROM entries WHERE offset >= ? ORDER BY offset LIMIT ?
"""
INSERT: Final = "INSERT INTO entries (offset, stamp_ms, payload) VALUES (?, ?, ?)"

BESIDE: Final = ("-wal", "-shm")
"""What SQLite keeps beside a file while it is open. The first one has entries, too."""


def path_of_generation(first: Path, number: int) -> Path:
    """Return the file of a log: `journal.sqlite`, and for later ones `journal.r120.sqlite`."""
    return first if number == 1 else first.with_name(f"{first.stem}.r{number}{first.suffix}")


def list_generations(first: Path) -> list[int]:
    """Return the numbers of the logs whose files there are, in order."""
    return _list_numbered(first, "")


def delete(path: Path) -> None:
    """Delete the file for good, with what SQLite keeps beside it. Raises JournalUnavailable."""
    try:
        for suffix in ("", *BESIDE):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        if path.parent.exists():
            _sync_directory(path.parent)
    except OSError as error:
        raise JournalUnavailable(f"{path} cannot be deleted: {error}") from error


def delete_leftovers(first: Path) -> None:
    """Delete what SQLite kept beside the files of logs that are gone: a kill may have come between.
    Only the one process that writes may do so. Raises JournalUnavailable."""
    kept = {number for suffix in BESIDE for number in _list_numbered(first, suffix)}
    for number in kept.difference(list_generations(first)):
        delete(path_of_generation(first, number))


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection that another thread may use. Creates a missing file.

    Raises JournalUnavailable, and JournalTruncated if the file is not a database.
    """
    with translate_sqlite_errors(path):
        connection = _connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(CREATE)
    _sync_directory(path.parent)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection | None:
    """Return a connection; None if there is no journal yet. Creates nothing. Raises as
    `open_for_writing` does."""
    if not path.exists():
        return None
    with translate_sqlite_errors(path):
        connection = _connect(path)
        if connection.execute(TABLE_EXISTS).fetchone() is not None:
            return connection
        connection.close()
        return None


def read_end(connection: sqlite3.Connection) -> int:
    """Return the offset that the next entry will get."""
    end: int = connection.execute(SELECT_END).fetchone()[0]
    return end


def read_from(connection: sqlite3.Connection, offset: int) -> list[JournalEntry]:
    """Return the next entries from `offset` on, as many as the limits of one read allow; none
    at the end. Raises JournalTruncated if one is missing."""
    entries: list[JournalEntry] = []
    budget = READ_BYTES_MAX
    for row in connection.execute(SELECT_FROM, (offset, READ_ENTRIES_MAX)):
        entry = JournalEntry(*row)
        if entry.offset != offset + len(entries):
            raise JournalTruncated(f"entry {offset + len(entries)} is missing")
        entries.append(entry)
        budget -= len(entry.payload)
        if budget <= 0:
            break
    if not entries and (end := read_end(connection)) < offset:
        raise JournalTruncated(f"the journal ends at {end}, before {offset}")
    return entries


def commit(connection: sqlite3.Connection, entries: Sequence[JournalEntry]) -> None:
    """Store all entries durably. After an error it is unknown whether they are stored."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, entries)
    connection.execute("COMMIT")


@contextmanager
def translate_sqlite_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as the port's. A busy file or an I/O error may pass, so the journal
    is unavailable. If the file is no longer a sound database, history is lost."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise JournalUnavailable(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise JournalTruncated(f"{path}: {error}") from error


def _list_numbered(first: Path, ending: str) -> list[int]:
    """Return the numbers of the logs beside which there is a file with this ending, in order."""
    pattern = re.compile(rf"{re.escape(first.stem)}\.r([0-9]+){re.escape(first.suffix + ending)}")
    names = [path.name for path in first.parent.glob("*")]
    later = [int(found[1]) for name in names if (found := pattern.fullmatch(name))]
    return sorted([*later, *([1] if first.name + ending in names else [])])


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def _sync_directory(directory: Path) -> None:
    """Make the names of new files durable: without its name a durable file is lost."""
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
