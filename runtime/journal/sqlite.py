"""The journal as one SQLite file: the default of the embedded system.

One process writes, and holds a lock file as long as it lives. Any process may read. Appends
are durable (WAL, `synchronous=FULL`) before they are acknowledged or seen by a cursor. A
cursor in the writing process wakes at each commit and takes the newest entries from memory.
After `open_cursor` and `seek` it reads from the disk first.
"""

import asyncio
import sqlite3
import time
from asyncio import Future
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from contracts.journal.records import CARRIED_BYTES_MAX, RECORD_BYTES_MAX
from runtime.journal import sqlite_file
from runtime.journal.futures import fail_appends, find_excess
from runtime.journal.port import (
    Appended,
    JournalEntry,
    JournalError,
    JournalExists,
    JournalTruncated,
    WriterLost,
)
from runtime.journal.sqlite_writer import CommitThread, PendingAppend
from runtime.process.file_lock import FileLock, FileLocked

T = TypeVar("T")

RECENT_BYTES_MAX: Final = 8_000_000


class JournalLocked(JournalError):
    """Another process writes to this journal. It can still be read."""


def wall_clock_ms() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class SqliteJournal:
    """The journal in the file at `path`. The first write creates the directory.

    `clock` gives the stamps, in milliseconds since 1970. Belongs to one event loop.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], int] = wall_clock_ms,
        entry_bytes_max: int = RECORD_BYTES_MAX,
    ) -> None:
        self._first_path = self._path = path
        self.generation = 1
        self._logs: dict[int, SqliteJournal] = {1: self}
        self._clock = clock
        self._entry_bytes_max = entry_bytes_max
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._opening = asyncio.Lock()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal-read")
        self._read_connection: sqlite3.Connection | None = None
        self._commits: CommitThread | None = None
        self._next_commit: Future[None] | None = None
        self._recent = RecentEntries()

    def at_generation(self, number: int) -> "SqliteJournal":
        """Return the log with this number. All of them share one lock."""
        if number not in self._logs:
            log = SqliteJournal(
                sqlite_file.path_of_generation(self._first_path, number),
                clock=self._clock,
                entry_bytes_max=CARRIED_BYTES_MAX,
            )
            log.generation, log._first_path = number, self._first_path
            log._logs, log._lock = self._logs, self._lock
            self._logs[number] = log
        return self._logs[number]

    async def list_generations(self) -> Sequence[int]:
        return await self._run_in_thread(lambda: sqlite_file.list_generations(self._first_path))

    async def create(self) -> None:
        self.lock()
        if self._path.exists():
            raise JournalExists(f"{self._path} exists")
        await self.open_writer()

    async def drop(self) -> None:
        """Delete the file. What is being read or appended fails."""
        self.lock()
        await self._let_go()
        await asyncio.to_thread(sqlite_file.delete, self._path)

    def lock(self) -> None:
        """Make this the one process that may write, until `close`. Raises JournalLocked."""
        try:
            self._lock.acquire()
        except FileLocked as error:
            raise JournalLocked(f"another process writes to {self._path}") from error

    async def open_writer(self) -> "SqliteWriter":
        """Open a new session. Raises JournalLocked if another process writes, JournalUnavailable
        if the file cannot be written now, and JournalTruncated if it is damaged."""
        self.lock()
        async with self._opening:
            if self._commits is None or self._commits.lost is not None:
                await self._start_commits()
            assert self._commits is not None
            return SqliteWriter(self._commits, self._entry_bytes_max)

    async def open_cursor(self, offset: int) -> "SqliteCursor":
        return SqliteCursor(self, offset)

    async def end(self) -> int:
        if self._commits is not None and self._commits.lost is None:
            return self._commits.end
        return await self._run_in_thread(self._read_end)

    async def close(self) -> None:
        """Settle the appends of writers that are still open, and release the lock."""
        for log in self._logs.values():
            await log._let_go()
            log._threads.shutdown(wait=False)
        self._lock.release()

    async def read_stored(self, offset: int) -> list[JournalEntry]:
        """Return entries from `offset` on as stored on disk; none at the end of the journal."""
        return await self._run_in_thread(lambda: self._read_from(offset))

    def read_recent(self, offset: int) -> Sequence[JournalEntry] | None:
        """Return the entries from `offset` on if memory has all of them; None otherwise."""
        if self._commits is None or self._commits.lost is not None:
            return None
        return [] if offset == self._commits.end else self._recent.entries_from(offset)

    async def wait_for_commit(self, wait_s: float) -> None:
        """Wait for the next commit of this process, or for `wait_s` seconds."""
        if self._next_commit is None:
            self._next_commit = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._next_commit], timeout=wait_s)

    async def _let_go(self) -> None:
        """Close the connections. The next use opens new ones."""
        if self._commits is not None:
            commits, self._commits = self._commits, None
            await commits.stop()
        if self._read_connection is not None:
            connection, self._read_connection = self._read_connection, None
            await self._run_in_thread(connection.close)

    async def _start_commits(self) -> None:
        if self._commits is not None:
            await self._commits.stop()
        connection, end = await asyncio.to_thread(self._open_for_writing)
        self._recent = RecentEntries()
        self._commits = CommitThread(
            connection, end, asyncio.get_running_loop(), self._clock, self._note_committed
        )

    def _note_committed(self, entries: Sequence[JournalEntry]) -> None:
        self._recent.add(entries)
        if self._next_commit is not None:
            self._next_commit.set_result(None)
            self._next_commit = None

    def _open_for_writing(self) -> tuple[sqlite3.Connection, int]:
        """Return a connection, and the offset after the last entry."""
        sqlite_file.delete_leftovers(self._first_path)
        connection = sqlite_file.open_for_writing(self._path)
        try:
            with sqlite_file.translate_sqlite_errors(self._path):
                return connection, sqlite_file.read_end(connection)
        except JournalError:
            connection.close()
            raise

    async def _run_in_thread(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, read)

    def _read_from(self, offset: int) -> list[JournalEntry]:
        with sqlite_file.translate_sqlite_errors(self._path):
            reader = self._open_reader()
            if reader is not None:
                return sqlite_file.read_from(reader, offset)
        if offset > 0:
            raise JournalTruncated(f"{self._path} does not exist, {offset} entries should")
        return []

    def _read_end(self) -> int:
        with sqlite_file.translate_sqlite_errors(self._path):
            reader = self._open_reader()
            return 0 if reader is None else sqlite_file.read_end(reader)

    def _open_reader(self) -> sqlite3.Connection | None:
        if self._read_connection is None:
            self._read_connection = sqlite_file.open_for_reading(self._path)
        return self._read_connection


class SqliteWriter:
    """One session of appending. All sessions of a journal share its commit thread."""

    def __init__(self, commits: CommitThread, entry_bytes_max: int) -> None:
        self._commits = commits
        self._entry_bytes_max = entry_bytes_max
        self._create_future = asyncio.get_running_loop().create_future
        self.closed = False

    def append(self, payload: bytes) -> Future[Appended]:
        appended: Future[Appended] = self._create_future()
        if (excess := find_excess(payload, self._entry_bytes_max)) is not None:
            fail_appends([appended], excess)
        elif self.closed:
            fail_appends([appended], WriterLost("the writer was closed"))
        else:
            self._commits.put(PendingAppend(payload, appended, self))
        return appended

    async def close(self) -> None:
        self.closed = True


class SqliteCursor:
    """Reads from an offset on: first from the disk, then each new commit."""

    def __init__(self, journal: SqliteJournal, offset: int) -> None:
        self._journal = journal
        self._offset = offset
        self._from_disk = True

    async def fetch(self, wait_s: float) -> Sequence[JournalEntry]:
        entries = await self._next()
        if not entries:
            await self._journal.wait_for_commit(wait_s)
            entries = await self._next()
        if entries:
            self._offset = entries[-1].offset + 1
        return entries

    async def seek(self, offset: int) -> None:
        self._offset = offset
        self._from_disk = True

    async def close(self) -> None:
        """Do nothing: a cursor holds nothing between fetches."""

    async def _next(self) -> Sequence[JournalEntry]:
        entries = None if self._from_disk else self._journal.read_recent(self._offset)
        if entries is None:
            entries = await self._journal.read_stored(self._offset)
            self._from_disk = False
        # A commit during the read has woken nobody, so look again before waiting.
        return entries or self._journal.read_recent(self._offset) or []


class RecentEntries:
    """Keeps the newest entries for cursors at or near the end. Bounded in bytes."""

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []
        self._bytes = 0

    def add(self, entries: Sequence[JournalEntry]) -> None:
        """Keep these entries, and drop the oldest if there are too many bytes."""
        self._entries += entries
        self._bytes += sum(len(entry.payload) for entry in entries)
        if self._bytes > RECENT_BYTES_MAX:
            del self._entries[: len(self._entries) // 2]
            self._bytes = sum(len(entry.payload) for entry in self._entries)

    def entries_from(self, offset: int) -> Sequence[JournalEntry] | None:
        """Return all entries from `offset` on; None if some of them are no longer kept."""
        if not self._entries or not 0 <= offset - self._entries[0].offset < len(self._entries):
            return None
        return self._entries[offset - self._entries[0].offset :]
