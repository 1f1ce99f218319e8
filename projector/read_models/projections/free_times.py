"""Read model `free_times`: when a person is free. Only that person reads it."""

from typing import Final

import msgspec

from contracts.events.plan import FreeTimesStated
from contracts.values.zones import HOME_ZONE
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
)

FREE_TIMES: Final = TableShape(
    "free_times",
    "person_id",
    {"person_id": "uuid", "tz": "text", "times": "text", "modified": "timestamptz"},
    words=(Words("person_id", {"tz": HOME_ZONE, "times": "[]"}),),
    gone_with=("person_id",),
)


def project_free_times(event: FreeTimesStated, context: EventContext) -> Put:
    columns = {
        "tz": event.tz,
        "times": msgspec.json.encode(event.times).decode(),
        "modified": context.decided_at,
    }
    return Put(FREE_TIMES, event.person_id, columns, NOTHING_MORE)


def free_times_of(event: FreeTimesStated) -> str:
    """Return a key of its own: free times that cannot be projected stop nothing else."""
    return f"free times of {event.person_id}"


READ_MODEL: Final = ReadModel(
    FREE_TIMES, (Projection(FreeTimesStated, project_free_times, free_times_of),)
)
