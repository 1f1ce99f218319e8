"""The image in one SQLite file, which belongs to one process.

A thread writes, and the event loop reads through a connection of its own: neither waits for
the other (WAL). A transaction counts from its COMMIT on, whatever ends the process. If the
machine loses its power, the newest ones may be lost with their positions: then the file holds
an older checkpoint, as whole as any (`synchronous=NORMAL`).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar
from zlib import crc32

from command_api.domain.deadline import Deadline
from command_api.domain.layer import COLLECTIONS
from command_api.image.sqlite.encoding import (
    VALUE_TYPES,
    KeyedAnswer,
    ValueDecoder,
    encode_key,
    from_number,
    hash_key,
    to_number,
)
from command_api.image.sqlite.key_filter import KeyFilter
from command_api.image.sqlite.rows import AT_LEISURE, IN_BULK
from command_api.image.sqlite.writing import (
    ANSWERS,
    SELECT_SUSPENDED,
    Filters,
    add_stored_keys,
    create_tables,
    read_checkpoint,
    write_changes,
)
from command_api.image.store import (
    Changes,
    Checkpoint,
    StoreDamaged,
    StoredAnswer,
    StoreError,
    StoreUnavailable,
)
from contracts.values.ids import PersonId
from runtime.process.file_lock import FileLock
from runtime.process.tasks import end, run_aside

T = TypeVar("T")

READ_CACHE_KB: Final = 8_000
WRITE_CACHE_KB: Final = 32_000
BUSY_TIMEOUT_S: Final = 5.0
WAL_BYTES_KEPT: Final = 32_000_000
OWNER_ONLY: Final = 0o600
STATEMENTS_KEPT: Final = 24
"""Those for many rows at once are large."""
FILL_PAUSE_S: Final = 0.005
DONE: Final = object()
BESIDE: Final = ("", "-wal", "-shm")
"""Endings of the files that SQLite keeps for one database."""
ASIDE: Final = ".set-aside"

EMPTY_WAL: Final = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Erases older versions of values. What is in the file itself is overwritten by `secure_delete`."""
SELECT_VALUE: Final = "SELECT value FROM {} WHERE key = ?"
SELECT_ANY: Final = "SELECT 1 FROM {} LIMIT 1"
SELECT_ANSWERS: Final = "SELECT seq, value FROM answers WHERE key_hash = ? ORDER BY seq DESC"
SELECT_ANSWERED: Final = "SELECT seq, decided_us FROM answers WHERE seq > ? ORDER BY seq LIMIT ?"
SELECT_DEADLINES: Final = """
    SELECT id, value FROM deadlines WHERE due_us > ? AND due_us <= ? ORDER BY due_us
"""


def make_filters() -> Filters:
    """Return filters that know nothing yet."""
    return {name: KeyFilter() for name in (*COLLECTIONS, ANSWERS)}


def make_thread() -> ThreadPoolExecutor:
    """Return the thread of a store. It starts with its first work."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="image-store")


def may_pass(error: sqlite3.Error | OSError) -> bool:
    """Whether trying again may help: the disk is full, or the file may not be written. It does
    not help if a table or column is missing, or if the file is no sound database."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode != sqlite3.SQLITE_ERROR
    return isinstance(error, OSError)


class SqliteTable:
    """Point reads of one collection."""

    def __init__(self, store: "SqliteStore", name: str, kind: Any) -> None:
        self._store = store
        self._name = name
        self._select = SELECT_VALUE.format(name)
        self._decoder = ValueDecoder(kind)

    def get(self, key: Any, /) -> Any | None:
        encoded = encode_key(key)
        if not self._store.filters[self._name].may_have(crc32(encoded)):
            return None
        rows = self._store.read(self._select, encoded)
        return self._store.decode(self._decoder, encoded, rows[0][0]) if rows else None

    def is_empty(self) -> bool:
        return not self._store.read(SELECT_ANY.format(self._name))


class SqliteStore:
    """The `ImageStore` in the file at `path`. Belongs to one event loop."""

    def __init__(
        self, path: Path, observe_read: Callable[[float], None] = lambda _seconds: None
    ) -> None:
        """`observe_read` is told how many seconds each read took."""
        self._path = path
        self._observe_read = observe_read
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._threads = make_thread()
        self._reading: sqlite3.Connection | None = None
        self._writing: sqlite3.Connection | None = None
        self._answers = ValueDecoder(KeyedAnswer)
        self._deadlines = ValueDecoder(Deadline)
        self._filling: asyncio.Task[None] | None = None
        self.filters = make_filters()
        self.damage: StoreDamaged | None = None
        self.tables = tuple(
            SqliteTable(self, name, kind)
            for name, kind in zip(COLLECTIONS, VALUE_TYPES, strict=True)
        )

    # Reads

    def read(self, statement: str, *arguments: Any) -> list[Any]:
        """Return the rows of a statement. Raises StoreDamaged."""
        if self._reading is None:
            raise StoreDamaged("the store is closed")
        began_at = perf_counter()
        try:
            return self._reading.execute(statement, arguments).fetchall()
        except sqlite3.Error as error:
            raise self._note_damage(StoreDamaged(f"{self._path}: {error}")) from error
        finally:
            self._observe_read(perf_counter() - began_at)

    def decode(self, decoder: ValueDecoder, key: bytes, stored: bytes) -> Any:
        """Return a value that was read. Raises StoreDamaged."""
        try:
            return decoder.decode(key, stored)
        except StoreDamaged as damage:
            raise self._note_damage(damage) from None

    def find_answer(self, scoped_key: str) -> StoredAnswer | None:
        key_hash = hash_key(scoped_key)
        if not self.filters[ANSWERS].may_have(key_hash):
            return None
        for seq, stored in self.read(SELECT_ANSWERS, key_hash):
            found: KeyedAnswer = self.decode(self._answers, encode_key(seq), stored)
            if found.scoped_key == scoped_key:
                return found.answer
        return None

    def list_answered(self, after_seq: int, limit: int) -> Sequence[tuple[int, datetime]]:
        rows = self.read(SELECT_ANSWERED, after_seq, limit)
        return [(seq, from_number(decided_us)) for seq, decided_us in rows]

    def list_deadlines(self, after: datetime, until: datetime) -> Sequence[Deadline]:
        rows = self.read(SELECT_DEADLINES, to_number(after), to_number(until))
        return [self.decode(self._deadlines, key, stored) for key, stored in rows]

    def list_suspended(self) -> Sequence[PersonId]:
        return [PersonId(person_id) for (person_id,) in self.read(SELECT_SUSPENDED)]

    # Writes

    async def open(self) -> Checkpoint | None:
        """As the port says. Raises FileLocked if another process uses the file, and
        StoreUnavailable if there is none and none can be made."""
        with self._translate_errors():
            self._lock.acquire()
        await end(self._filling)
        checkpoint = await self._in_thread(self._open)
        self._filling = run_aside(self._fill_filters(), "filling of key filters")
        return checkpoint

    async def write(self, changes: Changes, *, at_leisure: bool) -> None:
        await self._in_thread(lambda: self._write(changes, at_leisure=at_leisure))

    async def set_aside(self) -> None:
        await end(self._filling)
        await self._in_thread(self._set_aside)
        self._filling = run_aside(self._fill_filters(), "filling of key filters")

    async def delete_set_aside(self) -> None:
        await self._in_thread(self._delete_set_aside)

    async def close(self) -> None:
        await end(self._filling)
        await self._in_thread(self._close)
        self._threads.shutdown(wait=False)
        self._threads = make_thread()
        self._lock.release()

    async def _fill_filters(self) -> None:
        """Add what is in the tables to their filters, a little at a time. Until that is done,
        each key that is looked up is read. Only the thread changes filters."""
        filters, connection = self.filters, self._writing
        for name, key_filter in filters.items():
            assert connection is not None
            steps = add_stored_keys(connection, name, key_filter)
            try:
                while await self._in_thread(partial(next, steps, DONE)) is not DONE:
                    await asyncio.sleep(FILL_PAUSE_S)
            except sqlite3.Error as error:
                self._note_damage(StoreDamaged(f"{self._path}: {error}"))
                return

    # In the thread

    def _open(self) -> Checkpoint | None:
        self._close()
        try:
            with self._translate_errors():
                return self._open_file()
        except StoreError:
            self._close()
            raise

    def _open_file(self) -> Checkpoint | None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=OWNER_ONLY)  # SQLite gives the files beside it the same mode.
        self._writing = self._connect()
        self._writing.execute(f"PRAGMA cache_size = -{WRITE_CACHE_KB}")
        self._writing.execute("PRAGMA journal_mode = WAL")
        self._writing.execute("PRAGMA synchronous = NORMAL")
        self._writing.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")
        self._writing.execute("PRAGMA secure_delete = ON")
        self._writing.execute(EMPTY_WAL)
        create_tables(self._writing)
        checkpoint = read_checkpoint(self._writing)
        self._reading = self._connect()
        self._reading.execute(f"PRAGMA cache_size = -{READ_CACHE_KB}")
        return checkpoint

    def _write(self, changes: Changes, *, at_leisure: bool) -> None:
        if self._writing is None:
            raise StoreUnavailable("the store is closed")
        pace = AT_LEISURE if at_leisure else IN_BULK
        with self._translate_errors():
            write_changes(self._writing, changes, self.filters, pace)
            if changes.erases:
                self._writing.execute(EMPTY_WAL)

    def _set_aside(self) -> None:
        self._close()
        with self._translate_errors():
            for ending in BESIDE:
                aside = self._name(ASIDE + ending)
                aside.unlink(missing_ok=True)
                if (file := self._name(ending)).exists():
                    file.rename(aside)
        self.damage = None
        self._open()

    def _delete_set_aside(self) -> None:
        with self._translate_errors():
            for ending in BESIDE:
                self._name(ASIDE + ending).unlink(missing_ok=True)

    def _close(self) -> None:
        for connection in (self._reading, self._writing):
            if connection is not None:
                connection.close()
        self._reading = self._writing = None
        self.filters = make_filters()  # What the old ones had noted would stay in memory.

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS_KEPT,
        )

    def _name(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise errors of SQLite and of the file system as the port's."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = f"{self._path}: {error}"
            if may_pass(error):
                raise StoreUnavailable(reason) from error
            raise self._note_damage(StoreDamaged(reason)) from error

    def _note_damage(self, damage: StoreDamaged) -> StoreDamaged:
        self.damage = self.damage or damage
        return damage

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
