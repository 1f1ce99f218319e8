"""Tells when the system has to begin or to go on erasing a person."""

from collections.abc import Iterator

from command_api.domain.deadline import Deadline, NoDeadline, deadline_of
from command_api.domain.layer import Layer
from command_api.domain.person.commands import ErasureDue


def list_person_deadlines(changed: Layer) -> Iterator[Deadline | NoDeadline]:
    """Yield the deadline of each person in `changed` for whom an erasure was ever asked, and who
    has not come back since."""
    for person in changed.people.own.values():
        erasure = person.erasure
        if erasure is not None or person.erased:
            confirmed = erasure is not None and erasure.status == "confirmed"
            yield deadline_of(
                person.id,
                erasure.erase_at if erasure is not None and confirmed else None,
                ErasureDue(person_id=person.id),
                in_steps=True,
            )
