"""Projects an event onto all read models. Pure, and never refuses a fact.

Every module of `projections/` is a read model; it need not be registered anywhere. An event that
no read model names changes no row and stops no key.
"""

from functools import cache
from typing import Final

from contracts.events.person import PersonErased
from contracts.events.stored.base import Event
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import PersonId
from projector.read_models import projections
from projector.read_models.read_model import EventContext, Projection, Put, ReadModel, TableShape
from runtime.process.modules import import_modules


def _load_read_models() -> tuple[ReadModel, ...]:
    return tuple(module.READ_MODEL for module in import_modules(projections))


READ_MODELS: Final = _load_read_models()
TABLES: Final[tuple[TableShape, ...]] = tuple(one.table for one in READ_MODELS)
"""The tables of all read models."""


@cache
def _projections_of(kind: type[Event]) -> tuple[Projection, ...]:
    return tuple(
        projection
        for read_model in READ_MODELS
        for projection in read_model.projections
        if issubclass(kind, projection.events)
    )


def project(event: DomainEvent, context: EventContext) -> list[Put]:
    """Return what the event puts into the tables."""
    return [one.project(event, context) for one in _projections_of(type(event))]


def person_erased_by(event: DomainEvent) -> PersonId | None:
    """Return the person whose texts go from all tables with this event."""
    return event.person_id if isinstance(event, PersonErased) else None


def key_of(event: DomainEvent) -> str | None:
    """Return the key whose rows the event changes; None if it changes none. Once an event of a
    key cannot be projected, no later event of that key is."""
    projections_of_event = _projections_of(type(event))
    return projections_of_event[0].key_of(event) if projections_of_event else None
