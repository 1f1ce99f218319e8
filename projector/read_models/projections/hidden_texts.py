"""Read model `hidden_texts`: which texts operators hid, why, and up to which position nobody is
told them. The texts themselves leave the rows of the other read models."""

from typing import Final

from contracts.events.report import TextHidden, kind_of_hidden, subject_of_hidden
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

HIDDEN_TEXTS: Final = TableShape(
    "hidden_texts",
    "subject_id",
    {
        "subject_id": "uuid",
        "kind": "text",
        "writer_id": "uuid",
        "announcement_id": "uuid",
        "reason": "text",
        "signed_by": "text",
        "hidden_at": "timestamptz",
        "hidden_seq": "bigint",
    },
    words=(Words("writer_id", {"reason": None}),),
    kept={"kind": "nobody", "signed_by": "operator"},
)


def project_hidden(event: TextHidden, context: EventContext) -> Put:
    columns = {
        "kind": kind_of_hidden(event),
        "writer_id": event.person_id,
        "announcement_id": event.announcement_id,
        "reason": event.reason,
        "signed_by": event.by,
        "hidden_at": context.decided_at,
        "hidden_seq": context.seq,
    }
    return Put(HIDDEN_TEXTS, subject_of_hidden(event), columns, NOTHING_MORE)


READ_MODEL: Final = ReadModel(
    HIDDEN_TEXTS, (Projection(TextHidden, project_hidden, announcement_of),)
)
