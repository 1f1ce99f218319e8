"""Registers all policies, and finds the one for an event."""

from collections.abc import Iterator
from typing import Final

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


def policy_for(event: DomainEvent) -> AnyPolicy | None:
    """Return the policy for the event; None if nobody is told of such events."""
    return next((one for one in POLICIES if isinstance(event, one.event_type)), None)


def plan_effects(occasion: Occasion, state: NotifierState) -> Iterator[Effect]:
    """Return what the event's policy asks for. `state` is the state before the event. Raises
    KeyError if the announcement was never created."""
    if (policy := policy_for(occasion.event)) is None:
        return iter(())
    return policy.effects(occasion.event, occasion, policy.shown(state, occasion.event))
