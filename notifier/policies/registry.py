"""Registers all policies, and finds the one for an event."""

from collections.abc import Iterator
from typing import Final, get_args

from contracts.events.stored.domain_event import DomainEvent
from notifier.policies import announcements, bookings, broadcasts, chats, people, ratings, reports
from notifier.policies.effects import Effect, Occasion
from notifier.policies.policy import AnyPolicy
from notifier.state import NotifierState

POLICIES: Final[tuple[AnyPolicy, ...]] = (
    *announcements.POLICIES,
    *bookings.POLICIES,
    *broadcasts.POLICIES,
    *ratings.POLICIES,
    *chats.POLICIES,
    *people.POLICIES,
    *reports.POLICIES,
)


POLICY_OF: Final[dict[type[DomainEvent], AnyPolicy]] = {
    event_type: policy
    for event_type in get_args(DomainEvent)
    for policy in POLICIES
    if issubclass(event_type, policy.event_type)
}
"""A policy may be for all events of a family. To search for it at each event was a tenth of the
notifier's work."""


def policy_for(event: DomainEvent) -> AnyPolicy | None:
    """Return the policy for the event; None if nobody is told of such events."""
    return POLICY_OF.get(type(event))


def plan_effects(occasion: Occasion, state: NotifierState) -> Iterator[Effect]:
    """Return what the event's policy asks for. `state` is the state before the event. Raises
    KeyError if the announcement was never created."""
    if (policy := policy_for(occasion.event)) is None:
        return iter(())
    return policy.effects(occasion.event, occasion, policy.shown(state, occasion.event))
