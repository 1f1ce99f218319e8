"""States when the system has to begin or to go on erasing a person."""

from datetime import datetime
from typing import Final

from command_api.domain.deadline import DeadlineRule
from command_api.domain.person.commands import ErasureDue
from command_api.domain.person.state import Person


def find_due(person: Person) -> datetime | None:
    erasure = person.erasure
    confirmed = erasure is not None and erasure.status == "confirmed"
    return erasure.erase_at if erasure is not None and confirmed else None


def make_command(person: Person) -> ErasureDue:
    return ErasureDue(person_id=person.id)


def was_erasure_asked(person: Person) -> bool:
    """Return whether an erasure was ever asked for a person who has not come back since."""
    return person.erasure is not None or person.erased


PERSON_DEADLINES: Final = DeadlineRule(
    "people", find_due, make_command, concerns=was_erasure_asked, in_steps=True
)
