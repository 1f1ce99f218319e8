"""Events of people: seen for the first time, muting an author, suspended, reinstated.

Every field is storage format (`contracts.events.base`).
"""

from contracts.events.base import Event
from contracts.values.ids import PersonId
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.zones import HOME_ZONE


class PersonEvent(Event, frozen=True, kw_only=True):
    """The family of a person's events."""

    person_id: PersonId


class PersonSeen(PersonEvent, frozen=True, kw_only=True, tag="person.seen.v1"):
    """A person acted or was invited for the first time, or Auth knows a new name."""

    name: str
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE


class PersonMuted(PersonEvent, frozen=True, kw_only=True, tag="person.muted.v1"):
    """The person wants no more notices of an author's new announcements, and no invitations
    from that author. Only the person learns of it."""

    host_id: PersonId


class PersonUnmuted(PersonEvent, frozen=True, kw_only=True, tag="person.unmuted.v1"):
    """The person hears of the author again."""

    host_id: PersonId


class PersonSuspended(PersonEvent, frozen=True, kw_only=True, tag="person.suspended.v1"):
    """An operator shut the person out, or changed the reason."""

    reason: str
    by: str | None = None
    """Name that the operator gave: the operator token does not say who holds it."""


class PersonReinstated(PersonEvent, frozen=True, kw_only=True, tag="person.reinstated.v1"):
    """An operator let the person in again."""

    by: str | None = None


AnyPersonEvent = PersonSeen | PersonMuted | PersonUnmuted | PersonSuspended | PersonReinstated
