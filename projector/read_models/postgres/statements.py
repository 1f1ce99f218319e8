"""Builds the SQL of the PostgreSQL sink: one statement for all rows that set the same columns.

Values travel as one array per column (`unnest`), so a statement of any size is one round trip.
Ids and JSON travel as text. PostgreSQL reads ids faster from it than asyncpg writes them, and in
an array of JSON values, a list would be taken for a dimension of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from projector.read_models.batch import DeadLetter, Patch
from projector.read_models.read_model import Key, TableShape
from runtime.postgres.arrays import to_arrays

JSON: Final = "jsonb"
SENT_AS_TEXT: Final = ("uuid", JSON)
ROWS_AT_ONCE: Final = 2_000
"""A statement has so many rows at most: while its arguments are encoded, nothing else runs."""

INSERT_LETTERS: Final = """
    INSERT INTO dead_letters (seq, event_index, type, key, payload, reason, request_id)
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[],
                         $6::text[], $7::text[])
"""

SELECT_STOPPED_KEYS: Final = "SELECT DISTINCT key FROM dead_letters WHERE key IS NOT NULL"

SELECT_DROPPED: Final = "SELECT seq, event_index FROM access.dropped_events"

SELECT_LAST_ERASURE: Final = "SELECT coalesce(max(erased_seq), 0) FROM erasures"

COUNT_LETTERS: Final = "SELECT count(*) FROM dead_letters"


class Statement(NamedTuple):
    sql: str
    arguments: list[list[Any]]
    """One list per column, all of the same length."""
    rows: int
    must_exist: bool = False
    """Whether all its rows must exist. The statement then returns how many do."""


class RowGroup(NamedTuple):
    """Rows of one table that set the same columns."""

    table: TableShape
    columns: list[str]
    """The key first."""
    changed: frozenset[str]
    """Those that a row takes if it is there already."""
    must_exist: bool
    values: list[list[Any]]
    """One list per column, all of the same length. JSON is text."""


def group_rows(table: TableShape, patches: Mapping[Key, Patch]) -> Iterator[RowGroup]:
    """Yield these patches as groups of at most ROWS_AT_ONCE rows."""
    groups: dict[tuple[frozenset[str], frozenset[str] | None], list[tuple[Key, Patch]]] = {}
    for key, patch in patches.items():
        initial = None if patch.initial is None else frozenset(patch.initial)
        groups.setdefault((frozenset(patch.columns), initial), []).append((key, patch))
    for shape, rows in groups.items():
        for start in range(0, len(rows), ROWS_AT_ONCE):
            yield _group(table, *shape, rows[start : start + ROWS_AT_ONCE])


def build_statements(table: TableShape, patches: Mapping[Key, Patch]) -> Iterator[Statement]:
    """Yield statements that write these patches. Rows that must exist are updated, all others
    are inserted or updated."""
    for group in group_rows(table, patches):
        write = _update if group.must_exist else _upsert
        sql = write(table, group.columns, group.changed)
        yield Statement(sql, group.values, len(group.values[0]), group.must_exist)


def build_letters_statement(letters: Iterable[DeadLetter]) -> Statement:
    columns = to_arrays(letters)
    return Statement(INSERT_LETTERS, columns, len(columns[0]))


def build_select(table: TableShape) -> str:
    """Return the SQL that reads all rows of a table, ordered by key: texts by code point."""
    # PostgreSQL turns a uuid into text faster than a codec of ours does.
    columns = (f"{name}::text" if kind == "uuid" else name for name, kind in table.types.items())
    collation = ' COLLATE "C"' if table.types[table.key] == "text" else ""
    order = f"{table.name}.{table.key}{collation}"  # Without the table it would be the text.
    return f"SELECT {', '.join(columns)} FROM {table.name} ORDER BY {order}"


def _group(
    table: TableShape,
    changed: frozenset[str],
    initial: frozenset[str] | None,
    rows: list[tuple[Key, Patch]],
) -> RowGroup:
    given = changed | (initial or frozenset())
    columns = [name for name in table.types if name in given]
    found: list[list[Any]] = [[key for key, _ in rows]]
    for name in columns:
        if name in changed:
            values = [patch.columns[name] for _, patch in rows]
        else:
            values = [(patch.initial or {})[name] for _, patch in rows]
        found.append(list(map(_to_json, values)) if table.types[name] == JSON else values)
    return RowGroup(table, [table.key, *columns], changed, initial is None, found)


def _update(table: TableShape, columns: list[str], changed: frozenset[str]) -> str:
    """Return SQL that leaves rows alone that have these values already. It counts the rows that
    exist."""
    names = [name for name in columns if name in changed]
    values = ", ".join(f"{name} = new.{name}" for name in names)
    differs = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in names)
    return f"""
        WITH new AS (SELECT * FROM {_arrays(table, columns)}), changed AS (
            UPDATE {table.name} AS old SET {values} FROM new
            WHERE old.{table.key} = new.{table.key} AND ({differs}))
        SELECT count(*) FROM new JOIN {table.name} AS old USING ({table.key})
    """


def _upsert(table: TableShape, columns: list[str], changed: frozenset[str]) -> str:
    names = ", ".join(columns)
    values = ", ".join(f"{name} = excluded.{name}" for name in columns if name in changed)
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {names} "
        f"FROM {_arrays(table, columns)} ON CONFLICT ({table.key}) DO UPDATE SET {values}"
    )


def _arrays(table: TableShape, columns: list[str]) -> str:
    arrays = ", ".join(
        f"${n}::{_sent_as(table.types[name])}[]" for n, name in enumerate(columns, 1)
    )
    return f"unnest({arrays}) AS new ({', '.join(columns)})"


def _sent_as(kind: str) -> str:
    """Return the type of the array, without its brackets, in which values of a type travel."""
    return f"text[]::{kind}" if kind in SENT_AS_TEXT else kind


def _to_json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
