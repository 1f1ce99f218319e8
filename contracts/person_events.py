"""Events of people: what is known of them, and what they or an operator decided about others.

As in `contracts.events`, every field is storage format.
"""

from contracts.event_base import Event
from contracts.ids import PersonId


class PersonEvent(Event, frozen=True, kw_only=True):
    """What all events of people state."""

    person_id: PersonId


class PersonSeen(PersonEvent, frozen=True, kw_only=True, tag="person.seen.v1"):
    """A person acted or was invited for the first time, or Auth knows a new name."""

    name: str
    language: str = "ru"
    tz: str = "Europe/Moscow"


AnyPersonEvent = PersonSeen
