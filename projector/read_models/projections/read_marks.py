"""Read model `read_marks`: how far a person has read a chat. Only that person is told."""

from typing import Final

from contracts.events.post import PostsRead
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    announcement_of,
)

READ_MARKS: Final = TableShape(
    "read_marks",
    "mark_id",
    {
        "mark_id": "text",
        "announcement_id": "uuid",
        "reader_id": "uuid",
        "position": "bigint",
        "read_at": "timestamptz",
    },
)


def project_read_mark(event: PostsRead, context: EventContext) -> Put:
    columns = {
        "announcement_id": event.announcement_id,
        "reader_id": event.reader_id,
        "position": event.position,
        "read_at": context.decided_at,
    }
    key = f"{event.announcement_id}:{event.reader_id}"
    return Put(READ_MARKS, key, columns, NOTHING_MORE)


READ_MODEL: Final = ReadModel(
    READ_MARKS, (Projection(PostsRead, project_read_mark, announcement_of),)
)
