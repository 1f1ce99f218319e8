"""Read model `mutes`: whom a person has muted. Read by that person alone."""

from typing import Final

from contracts.person_events import PersonMuted, PersonUnmuted
from projector.read_models.projections.rows import NOTHING_MORE, Facts, Put, Table

MUTES: Final = Table(
    "mutes",
    "mute_id",
    {
        "mute_id": "text",
        "person_id": "uuid",
        "host_id": "uuid",
        "muted": "boolean",
        "since": "timestamptz",
    },
)


def project_mute(event: PersonMuted | PersonUnmuted, facts: Facts) -> Put:
    columns = {
        "person_id": event.person_id,
        "host_id": event.host_id,
        "muted": isinstance(event, PersonMuted),
        "since": facts.decided_at,
    }
    return Put(MUTES, f"{event.person_id}:{event.host_id}", columns, NOTHING_MORE)
