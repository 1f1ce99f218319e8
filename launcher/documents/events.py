"""Lists all events of the journal by family, from the code."""

from collections.abc import Mapping
from typing import Final, get_args

from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from contracts.events.stored.base import Event
from contracts.events.stored.domain_event import DomainEvent

EVENTS: Final[tuple[type[Event], ...]] = get_args(DomainEvent)


def name_of(event: type[Event]) -> str:
    """Return the stored name of an event."""
    return str(event.__struct_config__.tag)


def group_by_family() -> Mapping[type[Event], list[type[Event]]]:
    """Return the events of each family, by the base class of the family."""
    found: dict[type[Event], list[type[Event]]] = {}
    for event in EVENTS:
        found.setdefault(_family_of(event), []).append(event)
    return found


def is_optional(field: FieldInfo) -> bool:
    """Return whether a record may lack the field."""
    return field.default is not NODEFAULT or field.default_factory is not NODEFAULT


def first_sentence(documented: type[object]) -> str:
    """Return the first sentence of a docstring, as one line."""
    text = " ".join((documented.__doc__ or "").split())
    return text.split(". ")[0].rstrip(".")


def list_id_kinds() -> Mapping[str, str]:
    """Return which kind of id the fields of events hold, by the names of the fields."""
    return {
        field.name: field.type.__name__
        for event in EVENTS
        for field in fields(event)
        if hasattr(field.type, "__supertype__") and field.type.__name__.endswith("Id")
    }


def _family_of(event: type[Event]) -> type[Event]:
    """Return the class right below Event that the event descends from."""
    line = event.__mro__
    family = line[line.index(Event) - 1]
    assert issubclass(family, Event)
    return family
