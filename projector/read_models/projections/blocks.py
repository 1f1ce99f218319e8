"""Read model `blocks`: whom a person has blocked. Only that person reads it.

The row stays when the blocked person is erased: coming back is no way round a block.
"""

from typing import Final

from contracts.events.person import PersonBlocked, PersonUnblocked
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    person_of,
)

BLOCKS: Final = TableShape(
    "blocks",
    "block_id",
    {
        "block_id": "text",
        "person_id": "uuid",
        "blocked_id": "uuid",
        "blocked": "boolean",
        "since": "timestamptz",
    },
    gone_with=("person_id",),
)


def project_block(event: PersonBlocked | PersonUnblocked, context: EventContext) -> Put:
    columns = {
        "person_id": event.person_id,
        "blocked_id": event.blocked_id,
        "blocked": isinstance(event, PersonBlocked),
        "since": context.decided_at,
    }
    return Put(BLOCKS, f"{event.person_id}:{event.blocked_id}", columns, NOTHING_MORE)


READ_MODEL: Final = ReadModel(
    BLOCKS, (Projection((PersonBlocked, PersonUnblocked), project_block, person_of),)
)
