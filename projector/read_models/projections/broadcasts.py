"""Read model `broadcasts`: what authors wrote to all guests in some states, or are going to.

The states are stored as one text with commas: a column travels as one array of its values, and
PostgreSQL has no arrays of arrays of different lengths.
"""

from typing import Any, Final

from contracts.events.broadcast import (
    AnyBroadcastEvent,
    BroadcastCancelled,
    BroadcastChanged,
    BroadcastEvent,
    BroadcastSent,
    BroadcastWritten,
)
from contracts.values.personal import ERASED_TEXT
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
    announcement_of,
)

BROADCASTS: Final = TableShape(
    "broadcasts",
    "broadcast_id",
    {
        "broadcast_id": "uuid",
        "announcement_id": "uuid",
        "author_id": "uuid",
        "text": "text",
        "audience": "text",
        "at": "timestamptz",
        "before_start_min": "integer",
        "state": "text",
        "reaches": "integer",
        "sent_at": "timestamptz",
        "created": "timestamptz",
        "modified": "timestamptz",
    },
    words=(Words("author_id", {"text": ERASED_TEXT}),),
    kept={"audience": "nobody", "state": "nobody"},
)


def project_broadcast(event: AnyBroadcastEvent, context: EventContext) -> Put:
    columns = _changed_columns(event, context)
    if isinstance(event, BroadcastWritten):
        columns |= {
            "announcement_id": event.announcement_id,
            "author_id": event.author_id,
            "state": "planned",
            "reaches": None,
            "sent_at": None,
            "created": context.decided_at,
        }
        return Put(BROADCASTS, event.broadcast_id, columns, NOTHING_MORE)
    return Put(BROADCASTS, event.broadcast_id, columns)


def _changed_columns(event: AnyBroadcastEvent, context: EventContext) -> dict[str, Any]:
    match event:
        case BroadcastWritten() | BroadcastChanged():
            return {
                "text": event.text,
                "audience": ",".join(event.to),
                "at": event.at,
                "before_start_min": event.before_start_min,
                "modified": context.decided_at,
            }
        case BroadcastCancelled():
            return {"state": "cancelled", "modified": context.decided_at}
        case BroadcastSent():
            return {"state": "sent", "reaches": event.reaches, "sent_at": context.decided_at}


READ_MODEL: Final = ReadModel(
    BROADCASTS, (Projection(BroadcastEvent, project_broadcast, announcement_of),)
)
