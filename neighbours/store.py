"""Keeps the stand-in's data in one SQLite file. Its queries are tiny and run in the event loop."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from runtime.process.private_files import close_to_others

FILE_NAME: Final = "neighbours.db"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS person (
    user_id TEXT PRIMARY KEY, name TEXT NOT NULL, language TEXT NOT NULL, tz TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS follower (
    author_id TEXT NOT NULL, follower_id TEXT NOT NULL, PRIMARY KEY (author_id, follower_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS follower_by_follower ON follower (follower_id, author_id);

CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    notification_id TEXT NOT NULL,
    source_name TEXT NOT NULL,
    event_type TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    short_link TEXT,
    context TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS notice_by_user ON notice (user_id, created_at, id);

CREATE TABLE IF NOT EXISTS retracted (
    key TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS link (
    target TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, expires_at INTEGER, clicks INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS click (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, clicked_at TEXT NOT NULL
) STRICT;
"""


SECURE: Final = 1
"""`user_version` of a file in which nothing deleted is left. Older ones are rewritten once."""


class Store:
    """Every statement is its own transaction, unless it is in a `transaction` block, and
    survives the end of the process. What is deleted or replaced is overwritten."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        (data_dir / FILE_NAME).touch(mode=0o600)  # SQLite gives its other files the same mode.
        close_to_others(data_dir)
        # One event loop uses it, but another thread may have opened it.
        self._connection = sqlite3.connect(
            data_dir / FILE_NAME, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
        )
        self._connection.executescript(_SCHEMA)
        if self._connection.execute("PRAGMA user_version").fetchone()[0] < SECURE:
            self._connection.execute("VACUUM")
            self._connection.execute(f"PRAGMA user_version={SECURE}")
            self.remove_traces()

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Execute the statement and return its rows, by column."""
        return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """Execute the statement and return its first row, or None."""
        return next(iter(self.rows(sql, *values)), None)

    def write(self, sql: str, *values: Any) -> int:
        """Execute the statement and return how many rows it wrote."""
        return self._connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything in the block, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def remove_traces(self) -> None:
        """Remove what was deleted or replaced from the write-ahead log, too."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        self._connection.close()
