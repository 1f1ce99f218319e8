"""Lists the texts of all events, by the marks of their fields."""

from typing import Final, get_args, get_origin

from msgspec.structs import fields

from contracts.events.stored.base import Event
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import list_personal_fields
from contracts.values.personal import Owner, list_text_marks
from launcher.inventory.texts import NOBODY, STAYS, Inventory, Texts, describe_erased

WHOSE: Final[dict[Owner, str]] = {
    "actor": "whoever gave the command",
    "person": "the person (`person_id`)",
    "operator": "an operator, who answers for the act",
    "nobody": NOBODY,
}


def list_event_texts() -> Inventory:
    """Return the texts of each event that has any, by its stored name."""
    found = {str(kind.__struct_config__.tag): _list_texts(kind) for kind in get_args(DomainEvent)}
    return {name: held for name, held in sorted(found.items()) if held}


def _list_texts(kind: type[Event]) -> tuple[Texts, ...]:
    personal = {field.name: field for field in list_personal_fields(kind)}
    grouped: dict[tuple[str, str], list[str]] = {}
    for field in fields(kind):
        mark = next(iter(list_text_marks(field.type)), None)
        if mark is None:
            continue
        once_erased = STAYS
        if field.name in personal:
            a_text = ("",) if get_origin(field.type) is tuple else ""
            once_erased = describe_erased(personal[field.name].erase(a_text))
        grouped.setdefault((WHOSE[mark.owner], once_erased), []).append(field.name)
    return tuple(Texts(tuple(names), *key) for key, names in grouped.items())
