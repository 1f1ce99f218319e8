"""Defines a read model: a table, and what events put into its rows.

Values are absolute, never differences. So a later put replaces an earlier one column by
column, and any number of puts to a row can be merged into one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NewType

from msgspec import inspect
from msgspec.structs import fields

from contracts.events.base import Event
from contracts.values.text import make_storable

Key = str | int
"""Primary key of a row; ids are text."""

_COLUMN_TYPES: Final[dict[type[inspect.Type], str]] = {
    inspect.BoolType: "boolean",
    inspect.IntType: "integer",
    inspect.FloatType: "double precision",
    inspect.StrType: "text",
    inspect.LiteralType: "text",
    inspect.DateTimeType: "timestamptz",
}


class TableShape(NamedTuple):
    """A read model's table. Columns that the database computes itself are left out."""

    name: str
    key: str
    types: Mapping[str, str]
    """PostgreSQL type of every column, in order; the key comes first."""


class EventContext(NamedTuple):
    """The facts about an event's Commit that a projection may use."""

    decided_at: datetime
    seq: int


class Put(NamedTuple):
    """Values of one row, by column. The key's own column is not among them.

    If `initial` is None, the row must exist. Otherwise this put may create the row:
    `columns` and `initial` together are then all its columns, and `initial` counts only if
    there is no row yet.
    """

    table: TableShape
    key: Key
    columns: Mapping[str, Any]
    initial: Mapping[str, Any] | None = None


class Projection(NamedTuple):
    """How events of some types, or of a whole family, change one table."""

    events: type[Event] | tuple[type[Event], ...]
    project: Callable[[Any, EventContext], Put]
    """Pure. Takes an event of these types, and never refuses it."""
    key_of: Callable[[Any], str]
    """Returns the key that stops if such an event cannot be projected: rows that are built
    on a gap would be wrong."""


class ReadModel(NamedTuple):
    """One module of `projections/` has one, under the name READ_MODEL."""

    table: TableShape
    projections: tuple[Projection, ...] = ()
    """Empty if the rows do not follow from events: those of `decisions` follow from Commits,
    those of `scores` from rows of `ratings`."""


def announcement_of(event: Any) -> str:
    """Return the event's announcement, as a Projection's `key_of`."""
    announcement_id: str = event.announcement_id
    return announcement_id


def person_of(event: Any) -> str:
    """Return the event's person, as a Projection's `key_of`."""
    person_id: str = event.person_id
    return person_id


def column_types(event: type[Event]) -> dict[str, str]:
    """Return by field of `event`, in order, the PostgreSQL type of a column that holds it. Raises
    KeyError if a field has a type for which there is none."""
    return {field.name: _column_type(field.type) for field in fields(event)}


def _column_type(annotation: Any) -> str:
    if isinstance(annotation, NewType):  # Identifiers are UUIDs (`contracts.values.ids`).
        return "uuid"
    kind = inspect.type_info(annotation)
    if isinstance(kind, inspect.UnionType):
        (kind,) = (one for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.Metadata):  # The mark of a text (`contracts.values.personal`).
        kind = kind.type
    return _COLUMN_TYPES[type(kind)]


def storable_put(put: Put) -> Put:
    """Return the put without the characters that text in PostgreSQL cannot hold."""
    initial = None if put.initial is None else _storable(put.initial)
    return put._replace(columns=_storable(put.columns), initial=initial)


def _storable(value: Any) -> Any:
    match value:
        case str():
            return make_storable(value)
        case Mapping():
            return {_storable(name): _storable(one) for name, one in value.items()}
        case list() | tuple():
            return [_storable(one) for one in value]
        case _:
            return value


NOTHING_MORE: Final[Mapping[str, Any]] = MappingProxyType({})
"""The `initial` of a row whose creation states every column."""
