"""Applies the events of people to the layer."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.layer import Layer
from command_api.domain.person.engagements import without
from command_api.domain.person.state import Person, Suspension
from contracts.events.person import (
    AnyPersonEvent,
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnmuted,
)
from contracts.values.personal import ERASED_NAME


def apply_person_event(layer: Layer, event: AnyPersonEvent, at: datetime) -> None:
    layer.people.put(event.person_id, _evolve(layer.person(event.person_id), event, at))


def _evolve(person: Person, event: AnyPersonEvent, at: datetime) -> Person:
    match event:
        case PersonSeen():
            return replace(person, name=event.name, language=event.language, tz=event.tz)
        case PersonMuted():
            return replace(person, muted=(*without(person.muted, event.host_id), event.host_id))
        case PersonUnmuted():
            return replace(person, muted=without(person.muted, event.host_id))
        case PersonSuspended():
            return replace(
                person, suspension=Suspension(reason=event.reason, by=event.by, since=at)
            )
        case PersonReinstated():
            return replace(person, suspension=None)
        case PersonErasureRequested() | PersonErasureConfirmed() | PersonErasureWithdrawn():
            return person
        case PersonErased():
            return replace(person, name=ERASED_NAME)
