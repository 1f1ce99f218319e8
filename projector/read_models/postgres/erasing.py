"""Builds the SQL that takes the texts of erased people from all rows.

Everybody who is erased in a batch goes by the same statements: ten thousand cost about as many
statements as one.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.values.personal import ERASED_TEXT
from projector.read_models.project import TABLES
from projector.read_models.read_model import TableShape, Words

ERASE_LETTERS: Final = f"""
    UPDATE dead_letters letter
    SET payload = '{ERASED_TEXT}', reason = '{ERASED_TEXT}', request_id = NULL
    FROM unnest($1::uuid[], $2::bigint[]) AS erased (person_id, seq), decisions decision
    WHERE letter.seq < erased.seq AND decision.seq = letter.seq
      AND (decision.actor = erased.person_id::text OR letter.key = erased.person_id::text)
"""
"""Takes people and the positions of their erasures. Dead letters hold events as they are stored,
so nothing stays of what the person typed, or of what is about the person."""


class ChosenErasure(NamedTuple):
    """A statement that takes people's ids, and the keys of the rows that it may change."""

    table: str
    sql: str


def _build_statements(table: TableShape) -> Iterator[str]:
    yield from (_build_update(table, words) for words in table.words)
    if table.gone_with:
        goes = " OR ".join(f"{column} = ANY($1::uuid[])" for column in table.gone_with)
        yield f"DELETE FROM {table.name} WHERE ({goes})"


def _build_update(table: TableShape, words: Words) -> str:
    values = ", ".join(_build_assignment(name, text) for name, text in words.erased.items())
    return f"UPDATE {table.name} SET {values} WHERE {words.owner} = ANY($1::uuid[])"


def _build_assignment(column: str, instead: str | None) -> str:
    """Return the SQL that puts our own text `instead` of what is there; an absent text stays
    absent."""
    if instead is None:
        return f"{column} = NULL"
    return f"{column} = CASE WHEN {column} IS NOT NULL THEN '{instead}' END"


ERASE_ROWS: Final = tuple(sql for table in TABLES for sql in _build_statements(table))
"""Statements that each take people's ids."""

ERASE_CHOSEN_ROWS: Final = tuple(
    ChosenErasure(table.name, f"{sql} AND {table.key} = ANY($2::{table.types[table.key]}[])")
    for table in TABLES
    for sql in _build_statements(table)
)
