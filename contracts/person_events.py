"""Events of people: what is known of them, and what they or an operator decided about others.

As in `contracts.events`, every field is storage format.
"""

from contracts.event_base import Event
from contracts.ids import PersonId
from contracts.languages import HOME_LANGUAGE
from contracts.zones import HOME_ZONE


class PersonEvent(Event, frozen=True, kw_only=True):
    """What all events of people state."""

    person_id: PersonId


class PersonSeen(PersonEvent, frozen=True, kw_only=True, tag="person.seen.v1"):
    """A person acted or was invited for the first time, or Auth knows a new name."""

    name: str
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE


class PersonMuted(PersonEvent, frozen=True, kw_only=True, tag="person.muted.v1"):
    """The person wants to hear no more of a host's new evenings, nor be invited to them. Known
    to the person alone."""

    host_id: PersonId


class PersonUnmuted(PersonEvent, frozen=True, kw_only=True, tag="person.unmuted.v1"):
    """The person listens to the host again."""

    host_id: PersonId


class PersonSuspended(PersonEvent, frozen=True, kw_only=True, tag="person.suspended.v1"):
    """An operator shut the person out, or gave another reason for it."""

    reason: str
    by: str | None = None
    """How the operator signed. The operator token does not say who holds it."""


class PersonReinstated(PersonEvent, frozen=True, kw_only=True, tag="person.reinstated.v1"):
    """An operator let the person in again."""

    by: str | None = None


AnyPersonEvent = PersonSeen | PersonMuted | PersonUnmuted | PersonSuspended | PersonReinstated
