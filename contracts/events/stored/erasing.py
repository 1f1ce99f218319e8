"""Erases the texts of erased persons from events, by the marks of the events' fields.

Ids, numbers, times and codes stay, so the event changes seats, states and scores as before.
"""

from collections.abc import Collection
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args

from msgspec import UNSET, Raw
from msgspec.structs import fields, replace

from contracts.events.stored.base import Event
from contracts.events.stored.codec import decode_event, encode_event
from contracts.values.ids import PersonId
from contracts.values.personal import HIDDEN_TEXT, Mark, list_text_marks

AnyEvent = TypeVar("AnyEvent", bound=Event)


class PersonalField(NamedTuple):
    """A field of an event that an erasure empties."""

    name: str
    mark: Mark
    optional: bool
    """Whether the field may be absent (None)."""

    def erase(self, value: Any) -> Any:
        """Return what stands for `value` once its person is erased."""
        if value is None or value is UNSET:
            return value
        if isinstance(value, tuple):
            return ()
        return None if self.optional else self.mark.erased


@cache
def list_personal_fields(kind: type[Event]) -> tuple[PersonalField, ...]:
    """Return the fields of an event that hold texts of its actor, or of the person it is about."""
    return tuple(
        PersonalField(field.name, mark, NoneType in get_args(field.type))
        for field in fields(kind)
        for mark in list_text_marks(field.type)
        if mark is not None and mark.owner in ("actor", "person")
    )


def erase_words(event: AnyEvent, actor: PersonId, erased: Collection[PersonId]) -> AnyEvent:
    """Return the event without the texts of the persons in `erased`; the same object if it has
    none. `actor` is the one who gave the command of the event's Commit."""
    changes = {}
    for field in list_personal_fields(type(event)):
        whose = actor if field.mark.owner == "actor" else getattr(event, "person_id", None)
        if whose in erased:
            value = getattr(event, field.name)
            stands_for_it = field.erase(value)
            if stands_for_it != value:
                changes[field.name] = stands_for_it
    return replace(event, **changes) if changes else event


def erase_stored_words(stored: Raw, actor: PersonId, erased: Collection[PersonId]) -> Raw:
    """As `erase_words`, for an event as a Commit holds it. Returns the same object if nothing
    changes; otherwise the event in its present version. Raises UnreadableEvent."""
    event = decode_event(stored)
    without = erase_words(event, actor, erased)
    return stored if without is event else encode_event(without)


def hide_words(event: AnyEvent) -> AnyEvent:
    """Return the event without the texts that its actor typed, because an operator hid them."""
    changes = {
        field.name: HIDDEN_TEXT if isinstance(erased, str) else erased
        for field in list_personal_fields(type(event))
        if field.mark.owner == "actor"
        and (value := getattr(event, field.name)) not in (None, UNSET, ())
        for erased in (field.erase(value),)
    }
    return replace(event, **changes) if changes else event
