"""Selects representations by one statement, together with the position that they reflect.

The columns of such a statement are the fields of the representation, in their order. So a row
becomes one without its names being looked at, and a field without a column cannot be forgotten.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import asyncpg
from msgspec import Struct

from query_api.edge.positions import SELECT_POSITION

Representation = TypeVar("Representation", bound=Struct)

STATEMENTS_KEPT: Final = 500
"""So many texts of statements are made once only."""

_POSITION: Final = "position_of_tables"


class Selected(NamedTuple):
    """The rows that one statement found, and the position that they reflect."""

    rows: list[asyncpg.Record]
    position: int
    """The position of the tables in the statement's snapshot."""


def columns_of(kind: type[Struct], sql_of: Mapping[str, str], table: str) -> str:
    """Return the columns of which `build` makes a `kind`. A field that is not in `sql_of` is a
    column of `table` with the same name."""
    names = kind.__struct_fields__
    return ", ".join(f"{sql_of.get(name, f'{table}.{name}')} AS {name}" for name in names)


def build(kind: type[Representation], row: asyncpg.Record) -> Representation:
    """Return the representation that a row begins with. Further columns are passed by."""
    return kind(*row[: len(kind.__struct_fields__)])


@lru_cache(STATEMENTS_KEPT)
def with_position(sql: str, order: str | None = None) -> str:
    """Return SQL that selects what `sql` does, and the position of the tables. Without `order`
    there is at most one row.

    The first column of `sql` is never null. Read the rows with `read_selected`.
    """
    return (
        f"SELECT found.*, ({SELECT_POSITION}) AS {_POSITION} "
        f"FROM (SELECT) always LEFT JOIN ({sql}) found ON true"
        f"{'' if order is None else f' ORDER BY {order}'}"
    )


def read_selected(rows: list[asyncpg.Record]) -> Selected:
    """Return what a statement of `with_position` found."""
    position = rows[0][_POSITION] or 0
    return Selected([] if rows[0][0] is None else rows, position)
