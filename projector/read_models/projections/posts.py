"""Read model `posts`: the posts of all chats as they are now; of a deleted one, that it was."""

from typing import Any, Final

from contracts.events.post import PostChanged, PostDeleted, PostWritten
from contracts.events.report import PostHidden
from contracts.values.personal import ERASED_TEXT
from projector.read_models.read_model import (
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
    announcement_of,
)

POSTS: Final = TableShape(
    "posts",
    "post_id",
    {
        "post_id": "uuid",
        "announcement_id": "uuid",
        "writer_id": "uuid",
        "position": "bigint",
        "text": "text",
        "deleted": "boolean",
        "created": "timestamptz",
        "modified": "timestamptz",
    },
    words=(Words("writer_id", {"text": ERASED_TEXT}),),
)


def project_post(event: PostWritten | PostChanged | PostDeleted, context: EventContext) -> Put:
    columns: dict[str, Any] = {
        "writer_id": event.writer_id,
        "text": None if isinstance(event, PostDeleted) else event.text,
        "deleted": isinstance(event, PostDeleted),
        "modified": context.decided_at,
    }
    if not isinstance(event, PostWritten):
        return Put(POSTS, event.post_id, columns)
    created = {
        "announcement_id": event.announcement_id,
        "position": event.position,
        "created": context.decided_at,
    }
    return Put(POSTS, event.post_id, columns, created)


def project_hidden(event: PostHidden, _: EventContext) -> Put:
    return Put(POSTS, event.post_id, {"text": None})


READ_MODEL: Final = ReadModel(
    POSTS,
    (
        Projection((PostWritten, PostChanged, PostDeleted), project_post, announcement_of),
        Projection(PostHidden, project_hidden, announcement_of),
    ),
)
