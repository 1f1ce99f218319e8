"""Applies recorded facts to the aggregates. Refuses none: each has already happened.

The same function serves the decision (on a layer that may be dropped), the replay of the
journal and the followers.
"""

from datetime import datetime
from typing import Final, get_args

from command_api.domain.layer import Layer
from command_api.domain.nouns import NOUNS
from contracts.events.domain_event import DomainEvent

_APPLY: Final = {
    kind: noun.apply
    for kind in get_args(DomainEvent)
    for noun in NOUNS
    if issubclass(kind, noun.family)
}


def apply(layer: Layer, event: DomainEvent, at: datetime) -> None:
    """Writes into `layer` what `event`, decided at `at`, changed. An event of no noun changes
    nothing that decisions rest on."""
    apply_event = _APPLY.get(type(event))
    if apply_event is not None:
        apply_event(layer, event, at)
