"""Events of people: seen, muting or blocking somebody, suspended, erased.

Every field is storage format (`contracts.events.stored.base`).
"""

from contracts.events.stored.base import Event
from contracts.values.ids import PersonId
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.personal import (
    LanguageOfPerson,
    NameOfOperator,
    NameOfPerson,
    WordsAboutPerson,
    ZoneOfPerson,
)
from contracts.values.times import Instant
from contracts.values.zones import HOME_ZONE


class PersonEvent(Event, frozen=True, kw_only=True):
    """The family of a person's events."""

    person_id: PersonId


class PersonSeen(PersonEvent, frozen=True, kw_only=True, tag="person.seen.v1"):
    """A person acted or was invited for the first time, or Auth knows a new name."""

    name: NameOfPerson
    language: LanguageOfPerson = HOME_LANGUAGE
    tz: ZoneOfPerson = HOME_ZONE


class PersonMuted(PersonEvent, frozen=True, kw_only=True, tag="person.muted.v1"):
    """The person wants no more notices of an author's new announcements, and no invitations
    from that author. Only the person learns of it."""

    host_id: PersonId


class PersonUnmuted(PersonEvent, frozen=True, kw_only=True, tag="person.unmuted.v1"):
    """The person hears of the author again."""

    host_id: PersonId


class PersonBlocked(PersonEvent, frozen=True, kw_only=True, tag="person.blocked.v1"):
    """The person wants nothing to do with somebody. Only the person learns of it."""

    blocked_id: PersonId


class PersonUnblocked(PersonEvent, frozen=True, kw_only=True, tag="person.unblocked.v1"):
    """The person took the block back."""

    blocked_id: PersonId


class PersonSuspended(PersonEvent, frozen=True, kw_only=True, tag="person.suspended.v1"):
    """An operator shut the person out, or changed the reason."""

    reason: WordsAboutPerson
    by: NameOfOperator | None = None
    """Name that the operator gave: the operator token does not say who holds it."""


class PersonReinstated(PersonEvent, frozen=True, kw_only=True, tag="person.reinstated.v1"):
    """An operator let the person in again."""

    by: NameOfOperator | None = None


class PersonErasureRequested(
    PersonEvent, frozen=True, kw_only=True, tag="person.erasure_requested.v1"
):
    """Somebody asked to erase the person's data. Nothing happens unless it is confirmed."""

    erase_at: Instant
    """When the erasure begins if it is confirmed by then."""
    by: NameOfOperator | None = None
    """Name that the operator gave; None if the person asked."""


class PersonErasureConfirmed(
    PersonEvent, frozen=True, kw_only=True, tag="person.erasure_confirmed.v1"
):
    """The request counts: the erasure begins at its `erase_at`."""

    by: NameOfOperator | None = None


class PersonErasureWithdrawn(
    PersonEvent, frozen=True, kw_only=True, tag="person.erasure_withdrawn.v1"
):
    """The request was taken back before the erasure began."""

    by: NameOfOperator | None = None


class PersonErased(PersonEvent, frozen=True, kw_only=True, tag="person.erased.v1"):
    """From here on nobody is told the person's name, or a text that the person wrote before.

    What depended on the person was called off or given back by earlier Commits. If the same id
    is seen again, it starts with an empty past.
    """


AnyPersonEvent = (
    PersonSeen
    | PersonMuted
    | PersonUnmuted
    | PersonBlocked
    | PersonUnblocked
    | PersonSuspended
    | PersonReinstated
    | PersonErasureRequested
    | PersonErasureConfirmed
    | PersonErasureWithdrawn
    | PersonErased
)
