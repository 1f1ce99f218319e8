"""The tables of the image's SQLite file, and what is written to them."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final
from zlib import crc32

from command_api.domain.deadline import NoDeadline
from command_api.domain.layer import COLLECTIONS
from command_api.image.sqlite.encoding import (
    THE_CHECKPOINT,
    VERSION,
    KeyedAnswer,
    ValueDecoder,
    encode_key,
    encode_value,
    hash_key,
    to_number,
)
from command_api.image.sqlite.key_filter import KeyFilter
from command_api.image.store import Changes, Checkpoint, StoreDamaged

_decoder: Final = ValueDecoder(Checkpoint)

Filters = Mapping[str, KeyFilter]
"""One for each collection, and one for `ANSWERS`."""
ANSWERS: Final = "answers"
KEYS_AT_ONCE: Final = 2_000
ROWS_AT_ONCE: Final = 50
REST_S: Final = 0.0005
"""About as long as so many rows take."""
PEOPLE: Final = COLLECTIONS.index("people")

CREATE: Final = (
    *(f"CREATE TABLE {name} (key BLOB PRIMARY KEY, value BLOB NOT NULL)" for name in COLLECTIONS),
    "CREATE TABLE suspended (person_id TEXT PRIMARY KEY)",
    """CREATE TABLE answers (
        seq INTEGER PRIMARY KEY, decided_us INTEGER NOT NULL, key_hash INTEGER NOT NULL,
        value BLOB NOT NULL
    )""",
    "CREATE INDEX answers_by_key ON answers (key_hash)",
    """CREATE TABLE deadlines (
        id BLOB PRIMARY KEY, due_us INTEGER NOT NULL, value BLOB NOT NULL
    )""",
    "CREATE INDEX deadlines_by_time ON deadlines (due_us)",
    """CREATE TABLE checkpoint (
        key BLOB PRIMARY KEY, version TEXT NOT NULL, value BLOB NOT NULL
    )""",
)
HAS_TABLES: Final = "SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'"
SELECT_CHECKPOINT: Final = "SELECT version, value FROM checkpoint"
PUT_CHECKPOINT: Final = "REPLACE INTO checkpoint VALUES (?, ?, ?)"
PUT_VALUE: Final = """
    INSERT INTO {} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
PUT_SUSPENDED: Final = "REPLACE INTO suspended VALUES (?)"
DROP_SUSPENDED: Final = "DELETE FROM suspended WHERE person_id = ?"
PUT_ANSWER: Final = "REPLACE INTO answers VALUES (?, ?, ?, ?)"
SELECT_KEYS: Final = "SELECT key FROM {} WHERE key > ? ORDER BY key LIMIT ?"
SELECT_HASHES: Final = "SELECT seq, key_hash FROM answers WHERE seq > ? ORDER BY seq LIMIT ?"
FORGET_ANSWERS: Final = "DELETE FROM answers WHERE seq <= ?"
PUT_DEADLINE: Final = "REPLACE INTO deadlines VALUES (?, ?, ?)"
DROP_DEADLINE: Final = "DELETE FROM deadlines WHERE id = ?"


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables of an empty file, all or none. Writes nothing to any other file."""
    if connection.execute(HAS_TABLES).fetchone() is None:
        connection.execute("BEGIN IMMEDIATE")
        for statement in CREATE:
            connection.execute(statement)
        connection.execute("COMMIT")


def read_checkpoint(connection: sqlite3.Connection) -> Checkpoint | None:
    """Return the checkpoint, None if none was written. Raises StoreDamaged if another version
    of this software wrote it."""
    row = connection.execute(SELECT_CHECKPOINT).fetchone()
    if row is None:
        return None
    version, value = row
    if version != VERSION:
        raise StoreDamaged("another version of this software wrote it")
    checkpoint: Checkpoint = _decoder.decode(THE_CHECKPOINT, value)
    return checkpoint


def add_stored_keys(
    connection: sqlite3.Connection, name: str, key_filter: KeyFilter
) -> Iterator[None]:
    """Add all keys of a table to its filter, some with each step."""
    select, hash_of = (SELECT_HASHES, int) if name == ANSWERS else (SELECT_KEYS.format(name), crc32)
    last: Any = -1 if name == ANSWERS else b""
    while rows := connection.execute(select, (last, KEYS_AT_ONCE)).fetchall():
        for row in rows:
            key_filter.add(hash_of(row[-1]))
        last = rows[-1][0]
        yield
    key_filter.complete = True


def rest() -> None:
    """Leave the interpreter to the event loop for as long as it was taken from it."""
    time.sleep(REST_S)


def go_on() -> None:
    """Do not rest."""


def write_changes(
    connection: sqlite3.Connection,
    changes: Changes,
    filters: Filters,
    pause: Callable[[], None] = go_on,
) -> None:
    """Write everything in one transaction, and add its keys to the filters. Calls `pause` after
    every few rows."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name, values in zip(COLLECTIONS, changes.values, strict=True):
            # In the order of the keys, so that each page of the index is touched once.
            rows = sorted((encode_key(key), value) for key, value in list(values.items()))
            for key, _ in rows:
                filters[name].add(crc32(key))
            encoded = ((key, encode_value(key, value)) for key, value in rows)
            _put(connection, PUT_VALUE.format(name), encoded, pause)
        _write_suspended(connection, changes)
        _write_deadlines(connection, changes, pause)
        for scoped_key in list(changes.answers):
            filters[ANSWERS].add(hash_key(scoped_key))
        _put(connection, PUT_ANSWER, _answer_rows(changes), pause)
        _write_checkpoint(connection, changes.checkpoint)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _write_suspended(connection: sqlite3.Connection, changes: Changes) -> None:
    people = changes.values[PEOPLE].values()
    suspended = [(one.id,) for one in people if one.suspension is not None]
    others = [(one.id,) for one in people if one.suspension is None]
    connection.executemany(PUT_SUSPENDED, suspended)
    connection.executemany(DROP_SUSPENDED, others)


def _put(
    connection: sqlite3.Connection,
    statement: str,
    rows: Iterator[tuple[Any, ...]],
    pause: Callable[[], None],
) -> None:
    while part := list(islice(rows, ROWS_AT_ONCE)):
        connection.executemany(statement, part)
        pause()


def _write_deadlines(
    connection: sqlite3.Connection, changes: Changes, pause: Callable[[], None]
) -> None:
    gone, rows = [], []
    for entry_id, deadline in changes.deadlines.items():
        key = encode_key(entry_id)
        if isinstance(deadline, NoDeadline):
            gone.append((key,))
        else:
            rows.append((key, to_number(deadline.due_at), encode_value(key, deadline)))
    _put(connection, DROP_DEADLINE, iter(gone), pause)
    _put(connection, PUT_DEADLINE, iter(rows), pause)


def _answer_rows(changes: Changes) -> Iterator[tuple[int, int, int, bytes]]:
    for scoped_key, answer in changes.answers.items():
        key = encode_key(answer.seq)
        value = encode_value(key, KeyedAnswer(scoped_key, answer))
        yield answer.seq, to_number(answer.decided_at), hash_key(scoped_key), value


def _write_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    connection.execute(FORGET_ANSWERS, (checkpoint.keys.forgotten,))
    value = encode_value(THE_CHECKPOINT, checkpoint)
    connection.execute(PUT_CHECKPOINT, (THE_CHECKPOINT, VERSION, value))
