"""What projections speak of: tables, and what an event puts into their rows.

Values are absolute, never differences, so that a later put replaces an earlier one column
by column and any number of puts to a row can be merged into one.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from contracts.text import storable

Key = str | int


class Table(NamedTuple):
    """A read model's table. Columns that the database computes itself are not among these."""

    name: str
    key: str
    types: Mapping[str, str]
    """PostgreSQL type of every column, in order; the key comes first."""


class Facts(NamedTuple):
    """What a projection may know of the Commit around an event."""

    decided_at: datetime
    seq: int


class Put(NamedTuple):
    """Values of one row, keyed by column; the key's own column is not among them.

    `initial` is None where the row must exist. Otherwise the row may be created by this
    put: `columns` and `initial` together are then all its columns, and `initial` counts
    only if there is no row yet.
    """

    table: Table
    key: Key
    columns: Mapping[str, Any]
    initial: Mapping[str, Any] | None = None


def storable_put(put: Put) -> Put:
    """The same row, without what PostgreSQL cannot hold in its texts."""
    initial = None if put.initial is None else _storable(put.initial)
    return put._replace(columns=_storable(put.columns), initial=initial)


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {_storable(name): _storable(one) for name, one in value.items()}
        case list() | tuple():
            return [_storable(one) for one in value]
        case _:
            return value


NOTHING_MORE: Final[Mapping[str, Any]] = MappingProxyType({})
"""The `initial` of a row whose creation states every column."""
