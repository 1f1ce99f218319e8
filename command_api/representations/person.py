"""What is answered about a mute or a suspension."""

from datetime import datetime

from msgspec import Struct

from command_api.domain.person.state import Person
from contracts.values.ids import PersonId


class MuteResponse(Struct, frozen=True):
    """Whether the caller has muted the host now."""

    user_id: PersonId
    muted: bool


class SuspensionResponse(Struct, frozen=True):
    """Whether a person is shut out now; the other fields are None if not."""

    user_id: PersonId
    name: str
    suspended: bool
    reason: str | None = None
    by: str | None = None
    since: datetime | None = None


def suspension_response(person: Person) -> SuspensionResponse:
    suspension = person.suspension
    if suspension is None:
        return SuspensionResponse(person.id, person.name, suspended=False)
    return SuspensionResponse(
        person.id,
        person.name,
        suspended=True,
        reason=suspension.reason,
        by=suspension.by,
        since=suspension.since,
    )
