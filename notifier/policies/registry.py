"""All policies, and which of them an event has."""

from collections.abc import Iterator
from typing import Final

from contracts.events.domain_event import DomainEvent
from notifier.policies import announcements, bookings, ratings
from notifier.policies.effects import Effect, Occasion
from notifier.policies.policy import AnyPolicy
from notifier.state import NotifierState, announcement_of

POLICIES: Final[tuple[AnyPolicy, ...]] = (
    *announcements.POLICIES,
    *bookings.POLICIES,
    *ratings.POLICIES,
)


def policy_for(event: DomainEvent) -> AnyPolicy | None:
    """Return the event's policy; most types of events have none."""
    return next((one for one in POLICIES if isinstance(event, one.event_type)), None)


def plan_effects(occasion: Occasion, state: NotifierState) -> Iterator[Effect]:
    """Return what the event asks for, given the state before it. Raises KeyError if its
    announcement was never created."""
    policy, announcement_id = policy_for(occasion.event), announcement_of(occasion.event)
    if policy is None or announcement_id is None:
        return iter(())
    return policy.effects(occasion.event, occasion, policy.shown(state, announcement_id))
