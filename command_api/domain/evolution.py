"""Applies events to the aggregates. Refuses none: each has already happened.

The leader applies an event while it decides, on a layer that may be dropped. A process that
reads a record it has not decided applies the events in it. Both use this function.
"""

from datetime import datetime
from typing import Final, get_args

from command_api.domain.layer import Layer
from command_api.domain.nouns import NOUNS
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import PersonId

_APPLY: Final = {
    kind: noun.apply
    for kind in get_args(DomainEvent)
    for noun in NOUNS
    if issubclass(kind, noun.family)
}


def apply(layer: Layer, event: DomainEvent, at: datetime, actor: PersonId) -> None:
    """Write into `layer` what `event`, decided at `at` by a command of `actor`, changed.

    Does nothing for an event of no noun: no decision rests on it. Raises LookupError if the
    event names something that no event made.
    """
    apply_event = _APPLY.get(type(event))
    if apply_event is not None:
        apply_event(layer, event, at, actor)
