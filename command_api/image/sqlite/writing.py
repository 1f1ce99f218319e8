"""The tables of the image's SQLite file, and what is written to them."""

import sqlite3
from collections.abc import Iterator, Mapping
from operator import itemgetter
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
from command_api.image.sqlite.rows import ManyRows, Pace, write_rows
from command_api.image.store import Changes, Checkpoint, StoreDamaged

_decoder: Final = ValueDecoder(Checkpoint)

Filters = Mapping[str, KeyFilter]
"""One for each collection, and one for `ANSWERS`."""
ANSWERS: Final = "answers"
KEYS_AT_ONCE: Final = 2_000
FIRST: Final = itemgetter(0)
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
PUT_VALUES: Final = {
    name: ManyRows(
        f"INSERT INTO {name} VALUES",
        "(?, ?)",
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    for name in COLLECTIONS
}
SELECT_SUSPENDED: Final = "SELECT person_id FROM suspended"
PUT_SUSPENDED: Final = "REPLACE INTO suspended VALUES (?)"
DROP_SUSPENDED: Final = "DELETE FROM suspended WHERE person_id = ?"
PUT_ANSWERS: Final = ManyRows("REPLACE INTO answers VALUES", "(?, ?, ?, ?)")
SELECT_KEYS: Final = "SELECT key FROM {} WHERE key > ? ORDER BY key LIMIT ?"
SELECT_HASHES: Final = "SELECT seq, key_hash FROM answers WHERE seq > ? ORDER BY seq LIMIT ?"
FORGET_ANSWERS: Final = "DELETE FROM answers WHERE seq <= ?"
PUT_DEADLINES: Final = ManyRows("REPLACE INTO deadlines VALUES", "(?, ?, ?)")
DROP_DEADLINES: Final = ManyRows("DELETE FROM deadlines WHERE id IN (", "?", ")")


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


def write_changes(
    connection: sqlite3.Connection, changes: Changes, filters: Filters, pace: Pace
) -> None:
    """Write everything in one transaction, and add its keys to the filters."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name, values in zip(COLLECTIONS, changes.values, strict=True):
            rows = _encode_rows(values, filters[name])
            write_rows(connection, PUT_VALUES[name], rows, pace)
        _write_suspended(connection, changes)
        _write_deadlines(connection, changes, pace)
        write_rows(connection, PUT_ANSWERS, _answer_rows(changes, filters[ANSWERS]), pace)
        _write_checkpoint(connection, changes.checkpoint)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _encode_rows(values: Mapping[Any, Any], key_filter: KeyFilter) -> Iterator[tuple[bytes, bytes]]:
    """Yield the rows in the order of their keys, so that each page of the index is touched once."""
    for key, value in sorted(
        [(encode_key(key), value) for key, value in values.items()], key=FIRST
    ):
        key_filter.add(crc32(key))
        yield key, encode_value(key, value)


def _write_suspended(connection: sqlite3.Connection, changes: Changes) -> None:
    people = changes.values[PEOPLE].values()
    suspended = {one.id for one in people if one.suspension is not None}
    before = {person_id for (person_id,) in connection.execute(SELECT_SUSPENDED)}
    reinstated = before.intersection(one.id for one in people if one.suspension is None)
    connection.executemany(PUT_SUSPENDED, [(one,) for one in suspended])
    connection.executemany(DROP_SUSPENDED, [(one,) for one in reinstated])


def _write_deadlines(connection: sqlite3.Connection, changes: Changes, pace: Pace) -> None:
    gone, rows = [], []
    for entry_id, deadline in changes.deadlines.items():
        key = encode_key(entry_id)
        if isinstance(deadline, NoDeadline):
            gone.append((key,))
        else:
            rows.append((key, to_number(deadline.due_at), encode_value(key, deadline)))
    write_rows(connection, DROP_DEADLINES, sorted(gone), pace)
    write_rows(connection, PUT_DEADLINES, rows, pace)


def _answer_rows(changes: Changes, key_filter: KeyFilter) -> Iterator[tuple[int, int, int, bytes]]:
    for scoped_key, answer in changes.answers.items():
        key_hash = hash_key(scoped_key)
        key_filter.add(key_hash)
        value = encode_value(encode_key(answer.seq), KeyedAnswer(scoped_key, answer))
        yield answer.seq, to_number(answer.decided_at), key_hash, value


def _write_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    connection.execute(FORGET_ANSWERS, (checkpoint.keys.forgotten,))
    value = encode_value(THE_CHECKPOINT, checkpoint)
    connection.execute(PUT_CHECKPOINT, (THE_CHECKPOINT, VERSION, value))
