"""Defines a read model: a table, and what events put into its rows.

Values are absolute, never differences. So a later put replaces an earlier one column by
column, and any number of puts to a row can be merged into one. A table also states whose its
texts are (`Words`): once a person is erased, theirs go from all its rows.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NewType

from msgspec import Struct, inspect
from msgspec.structs import fields, replace

from contracts.events.stored.base import Event
from contracts.values.ids import canonical_uuid
from contracts.values.personal import Owner
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
    inspect.VarTupleType: "jsonb",
}


class Words(NamedTuple):
    """Texts of a row that are one person's, and go once that person is erased."""

    owner: str
    """Column with the person's id."""
    erased: Mapping[str, str | None]
    """By column, what then stands for the text. An absent text stays absent. The row is then
    the one that follows from a journal in which these texts never were."""


class TableShape(NamedTuple):
    """A read model's table. Columns that the database computes itself are left out.

    Each text of a row is stated once: in `words`, in `kept`, or as the key.
    """

    name: str
    key: str
    types: Mapping[str, str]
    """PostgreSQL type of every column, in order; the key comes first."""
    words: tuple[Words, ...] = ()
    kept: Mapping[str, Owner] = MappingProxyType({})
    """By column, whose the other texts are. They stay when a person is erased."""
    gone_with: tuple[str, ...] = ()
    """Columns with people's ids. Once one of these people is erased, the row is deleted."""

    @property
    def owners(self) -> tuple[str, ...]:
        """The columns that say which erased people change or delete a row."""
        return (*(one.owner for one in self.words), *self.gone_with)


class EventContext(Struct, frozen=True, gc=False):
    """The facts about an event's Commit that a projection may use."""

    decided_at: datetime
    seq: int
    actor: str
    """A person's id, or `system` or `operator`. Typed the texts of the Commit's events."""

    @property
    def writer(self) -> str | None:
        """The person who typed the texts of the Commit's events; None if nobody did who can be
        erased."""
        return canonical_uuid(self.actor)


class Put(Struct, frozen=True, gc=False):
    """Values of one row, by column. The key's own column is not among them.

    If `initial` is None, the row must exist. Otherwise this put may create the row:
    `columns` and `initial` together are then all its columns, and `initial` counts only if
    there is no row yet.
    """

    table: TableShape
    key: Key
    columns: Mapping[str, Any]
    initial: Mapping[str, Any] | None = None

    def owners(self) -> Iterator[Any]:
        """Yield the ids in the columns that say whose the row's texts are."""
        for name in self.table.owners:
            if name == self.table.key:
                yield self.key
            elif name in self.columns:
                yield self.columns[name]


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
    return replace(put, columns=_storable(put.columns), initial=initial)


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
