"""Keeps what verify folds in an SQLite file, so that its memory does not grow with the journal.

Rows are appended as they come and sorted when they are read, by SQLite, outside of memory. The
states of announcements are read by their ids. Nothing needs to survive a crash: a file counts
only once it is kept as a checkpoint (`projector.proof.scratch.checkpoints`).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

CACHE_KB: Final = 8_000
"""Bounds the pages in memory and the memory of each sort."""
ROWS_AT_ONCE: Final = 500


class Scratch:
    """One SQLite file that only this process uses. Belongs to one event loop.

    Raises sqlite3.Error if the file cannot be written, for instance on a full disk.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; it is created if there is none."""
        self.path: Final = path
        self.connection: Final = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scratch")
        for setting in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "temp_store = FILE",
            "secure_delete = ON",  # What `ExpectedRows.compact` takes out is gone.
            f"cache_size = -{CACHE_KB}",
        ):
            self.connection.execute(f"PRAGMA {setting}")
        self.connection.execute("BEGIN")

    async def close(self) -> None:
        """Close the file. If work was left running because its caller was cancelled, it is
        interrupted first, and waited for."""
        self.connection.interrupt()
        await self.run(self.connection.close)
        self._thread.shutdown(wait=False)

    def append(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self.connection.executemany(statement, rows)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread of this file. Nothing else may use the file meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def select(self, statement: str) -> AsyncIterator[list[Any]]:
        """Yield the rows of a statement in parts."""
        cursor = await self.run(lambda: self.connection.execute(statement))
        while rows := await self.run(lambda: cursor.fetchmany(ROWS_AT_ONCE)):
            yield rows
