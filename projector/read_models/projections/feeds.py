"""Read model `feeds`: the calendar feeds that people have made or revoked.

The feed that everybody has from the start has a row once it was revoked.
"""

from typing import Any, Final

from contracts.events.feed import AnyFeedEvent, FeedEvent, FeedMade
from projector.read_models.read_model import (
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
)

FEEDS: Final = TableShape(
    "feeds",
    "feed_id",
    {
        "feed_id": "uuid",
        "person_id": "uuid",
        "name": "text",
        "created": "timestamptz",
        "revoked_seq": "bigint",
    },
    words=(Words("person_id", {"name": None}),),
    gone_with=("person_id",),
)


def project_feed(event: AnyFeedEvent, context: EventContext) -> Put:
    made = isinstance(event, FeedMade)
    columns: dict[str, Any] = {
        "person_id": event.person_id,
        "name": event.name if isinstance(event, FeedMade) else None,
        "revoked_seq": None if made else context.seq,
    }
    return Put(FEEDS, event.feed_id, columns, {"created": context.decided_at})


def feed_of(event: FeedEvent) -> str:
    """Return the feed, as a Projection's `key_of`."""
    return event.feed_id


READ_MODEL: Final = ReadModel(FEEDS, (Projection(FeedEvent, project_feed, feed_of),))
