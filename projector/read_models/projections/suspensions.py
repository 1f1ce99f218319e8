"""Read model `suspensions`: everybody whom an operator shut out, now or once."""

from typing import Final

from contracts.events.person import PersonReinstated, PersonSuspended
from contracts.values.personal import ERASED_TEXT
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
    person_of,
)

SUSPENSIONS: Final = TableShape(
    "suspensions",
    "person_id",
    {
        "person_id": "uuid",
        "suspended": "boolean",
        "reason": "text",
        "signed_by": "text",
        "since": "timestamptz",
    },
    words=(Words("person_id", {"reason": ERASED_TEXT}),),
    kept={"signed_by": "operator"},
)


def project_suspension(event: PersonSuspended | PersonReinstated, context: EventContext) -> Put:
    columns = {
        "suspended": isinstance(event, PersonSuspended),
        "reason": event.reason if isinstance(event, PersonSuspended) else None,
        "signed_by": event.by,
        "since": context.decided_at,
    }
    return Put(SUSPENSIONS, event.person_id, columns, NOTHING_MORE)


READ_MODEL: Final = ReadModel(
    SUSPENSIONS,
    (Projection((PersonSuspended, PersonReinstated), project_suspension, person_of),),
)
