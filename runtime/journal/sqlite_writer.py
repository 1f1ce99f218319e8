"""Writes to the SQLite journal in a thread of its own, with group commits.

All entries that were queued while the last group was being committed become the next group.
So the number of entries for each fsync follows the load. The results of a group go back to
the event loop with one call.
"""

import asyncio
import sqlite3
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, NamedTuple, Protocol

from runtime.journal import sqlite_file
from runtime.journal.futures import fail_appends
from runtime.journal.port import Appended, JournalEntry, JournalError, WriterLost
from runtime.process.tasks import start_thread

GROUP_ENTRIES_MAX: Final = 1_000


class WritingSession(Protocol):
    """The writer that an entry comes from. When it closes, its uncommitted entries are
    dropped."""

    closed: bool


class PendingAppend(NamedTuple):
    """An entry that waits to be committed."""

    payload: bytes
    appended: Future[Appended]
    session: WritingSession


class CommitThread:
    """Commits entries in order, until it is stopped or a COMMIT fails.

    `end` is the offset after the last stored entry. `on_commit` is called in the event loop
    after each COMMIT, with the entries of the group. Call all public methods in the event
    loop's thread.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        end: int,
        loop: AbstractEventLoop,
        clock: Callable[[], int],
        on_commit: Callable[[Sequence[JournalEntry]], None],
    ) -> None:
        self._connection = connection
        self._loop = loop
        self._clock = clock
        self._on_commit = on_commit
        self._queue: SimpleQueue[PendingAppend | None] = SimpleQueue()
        self._next_offset = end
        self.end = end
        """The offset after the last committed entry."""
        self.lost: str | None = None
        """Why nothing more is committed: a COMMIT failed, and its effect is unknown."""
        self._stopped = False
        self._thread = start_thread(self._run, "journal-commit")

    def put(self, pending: PendingAppend) -> None:
        """Queue an entry. Fails its future if the thread was stopped."""
        if self._stopped:
            fail_appends([pending.appended], WriterLost("the journal was closed"))
        else:
            self._queue.put(pending)

    async def stop(self) -> None:
        """Settle all queued entries, end the thread, and close the connection."""
        self._stopped = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        running = True
        while running:
            queued = self._take_queued()
            running = queued[-1] is not None
            self._settle([pending for pending in queued if pending is not None])
        self._connection.close()

    def _take_queued(self) -> list[PendingAppend | None]:
        queued = [self._queue.get()]
        while len(queued) < GROUP_ENTRIES_MAX and not self._queue.empty():
            queued.append(self._queue.get_nowait())  # No other thread takes from the queue.
        return queued

    def _settle(self, queued: Sequence[PendingAppend]) -> None:
        group = [pending for pending in queued if not pending.session.closed]
        if len(group) < len(queued):
            dropped = [pending.appended for pending in queued if pending.session.closed]
            self._report_in_loop(lambda: fail_appends(dropped, WriterLost("the writer was closed")))
        if group and self.lost is None:
            self._commit(group)
        elif group:
            lost = WriterLost(self.lost)
            self._report_in_loop(
                lambda: fail_appends([pending.appended for pending in group], lost)
            )

    def _commit(self, group: Sequence[PendingAppend]) -> None:
        stamp_ms = self._clock()
        entries = [
            JournalEntry(offset, stamp_ms, pending.payload)
            for offset, pending in enumerate(group, self._next_offset)
        ]
        try:
            sqlite_file.commit(self._connection, entries)
        except sqlite3.Error as failure:
            self.lost = f"commit failed: {failure}"
            error = JournalError(self.lost)
            self._report_in_loop(
                lambda: fail_appends([pending.appended for pending in group], error)
            )
        else:
            self._next_offset += len(entries)
            self._report_in_loop(lambda: self._note_committed(group, entries))

    def _report_in_loop(self, report: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # The loop is closed, so nobody waits any more.
            self._loop.call_soon_threadsafe(report)

    def _note_committed(
        self, group: Sequence[PendingAppend], entries: Sequence[JournalEntry]
    ) -> None:
        self.end = entries[-1].offset + 1
        self._on_commit(entries)
        for pending, entry in zip(group, entries, strict=True):
            if not pending.appended.done():
                pending.appended.set_result(Appended(entry.offset, entry.stamp_ms))
