"""Applies the events of people to the layer."""

from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from command_api.domain.layer import Layer
from command_api.domain.person.engagements import without
from command_api.domain.person.forgetting import forget_person
from command_api.domain.person.state import Erasure, MutedAuthor, Person, Suspension
from contracts.events.person import (
    AnyPersonEvent,
    PersonBlocked,
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnblocked,
    PersonUnmuted,
)
from contracts.values.ids import PersonId


def apply_person_event(layer: Layer, event: AnyPersonEvent, at: datetime, _actor: PersonId) -> None:
    """Raises LookupError if the layer is damaged."""
    layer.people.put(event.person_id, _evolve(layer, event, at))


def _evolve(layer: Layer, event: AnyPersonEvent, at: datetime) -> Person:
    person = layer.person(event.person_id)
    match event:
        case PersonSeen():
            return replace(
                person, name=event.name, language=event.language, tz=event.tz, erased=False
            )
        case PersonMuted():
            mute = MutedAuthor(event.host_id, layer.person(event.host_id).erasures)
            return replace(person, muted=(*_without_author(person, event.host_id), mute))
        case PersonUnmuted():
            return replace(person, muted=_without_author(person, event.host_id))
        case PersonBlocked():
            return replace(
                person, blocked=(*without(person.blocked, event.blocked_id), event.blocked_id)
            )
        case PersonUnblocked():
            return replace(person, blocked=without(person.blocked, event.blocked_id))
        case PersonSuspended():
            return replace(
                person, suspension=Suspension(reason=event.reason, by=event.by, since=at)
            )
        case PersonReinstated():
            return replace(person, suspension=None)
        case PersonErasureRequested():
            return replace(person, erasure=Erasure(erase_at=event.erase_at, by=event.by))
        case PersonErasureConfirmed():
            return _note_erasure(person, "confirmed")
        case PersonErasureWithdrawn():
            return _note_erasure(person, "withdrawn")
        case PersonErased():
            return forget_person(layer, person)


def _without_author(person: Person, author_id: PersonId) -> tuple[MutedAuthor, ...]:
    return tuple(one for one in person.muted if one.author_id != author_id)


def _note_erasure(person: Person, status: Literal["confirmed", "withdrawn"]) -> Person:
    erasure = person.erasure
    return person if erasure is None else replace(person, erasure=replace(erasure, status=status))
