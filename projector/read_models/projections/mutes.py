"""Read model `mutes`: whom a person has muted. Only that person reads it."""

from typing import Final

from contracts.events.person import PersonMuted, PersonUnmuted
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    person_of,
)

MUTES: Final = TableShape(
    "mutes",
    "mute_id",
    {
        "mute_id": "text",
        "person_id": "uuid",
        "host_id": "uuid",
        "muted": "boolean",
        "since": "timestamptz",
    },
    gone_with=("person_id", "host_id"),
)


def project_mute(event: PersonMuted | PersonUnmuted, context: EventContext) -> Put:
    columns = {
        "person_id": event.person_id,
        "host_id": event.host_id,
        "muted": isinstance(event, PersonMuted),
        "since": context.decided_at,
    }
    return Put(MUTES, f"{event.person_id}:{event.host_id}", columns, NOTHING_MORE)


READ_MODEL: Final = ReadModel(
    MUTES, (Projection((PersonMuted, PersonUnmuted), project_mute, person_of),)
)
