"""Read model `suspensions`: who is, or once was, shut out by an operator."""

from typing import Final

from contracts.person_events import PersonReinstated, PersonSuspended
from projector.read_models.projections.rows import NOTHING_MORE, Facts, Put, Table

SUSPENSIONS: Final = Table(
    "suspensions",
    "person_id",
    {
        "person_id": "uuid",
        "suspended": "boolean",
        "reason": "text",
        "signed_by": "text",
        "since": "timestamptz",
    },
)


def project_suspension(event: PersonSuspended | PersonReinstated, facts: Facts) -> Put:
    columns = {
        "suspended": isinstance(event, PersonSuspended),
        "reason": event.reason if isinstance(event, PersonSuspended) else None,
        "signed_by": event.by,
        "since": facts.decided_at,
    }
    return Put(SUSPENSIONS, event.person_id, columns, NOTHING_MORE)
