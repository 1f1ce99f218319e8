"""Read model `ratings`: every rating as it is now, sealed and retracted ones included.

Tags are stored as the text of a JSON array: a column travels as one array of its values, and
PostgreSQL has no arrays of arrays of different lengths.
"""

from typing import Any, Final

import msgspec

from contracts.events.rating import (
    AnyRatingEvent,
    RatingChanged,
    RatingEvent,
    RatingGiven,
    RatingReplied,
    RatingRetracted,
    RatingRevealed,
    RatingSigned,
)
from contracts.events.report import ReviewHidden
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

RATINGS: Final = TableShape(
    "ratings",
    "review_id",
    {
        "review_id": "uuid",
        "announcement_id": "uuid",
        "rater_id": "uuid",
        "ratee_id": "uuid",
        "role": "text",
        "score": "integer",
        "text": "text",
        "tags": "text",
        "sealed_until": "timestamptz",
        "revealed_at": "timestamptz",
        "retracted": "boolean",
        "signed": "boolean",
        "reply": "text",
        "replied_at": "timestamptz",
        "created": "timestamptz",
        "modified": "timestamptz",
    },
    words=(
        Words("rater_id", {"text": None, "tags": "[]"}),
        Words("ratee_id", {"reply": None}),
    ),
    kept={"role": "nobody"},
)


def project_rating(event: AnyRatingEvent, context: EventContext) -> Put:
    if isinstance(event, RatingGiven):
        return Put(RATINGS, event.review_id, _columns_of_new(event, context), NOTHING_MORE)
    return Put(RATINGS, event.review_id, _changed_columns(event, context))


def _changed_columns(event: AnyRatingEvent, context: EventContext) -> dict[str, Any]:
    match event:
        case RatingGiven() | RatingChanged():
            return {
                "score": event.score,
                "text": event.text,
                "tags": msgspec.json.encode(event.tags).decode(),
                "modified": context.decided_at,
            }
        case RatingRevealed():
            return {"revealed_at": context.decided_at}
        case RatingRetracted():
            return {"retracted": True, "modified": context.decided_at}
        case RatingSigned():
            return {"signed": event.signed, "modified": context.decided_at}
        case RatingReplied():
            return {"reply": event.reply, "replied_at": context.decided_at}


def _columns_of_new(event: RatingGiven, context: EventContext) -> dict[str, Any]:
    return {
        "announcement_id": event.announcement_id,
        "rater_id": event.rater_id,
        "ratee_id": event.ratee_id,
        "role": event.role,
        "sealed_until": event.sealed_until,
        "revealed_at": None,
        "retracted": False,
        "signed": False,
        "reply": None,
        "replied_at": None,
        "created": context.decided_at,
        **_changed_columns(event, context),
    }


def project_hidden(event: ReviewHidden, _: EventContext) -> Put:
    return Put(RATINGS, event.review_id, {"text": None, "tags": "[]"})


READ_MODEL: Final = ReadModel(
    RATINGS,
    (
        Projection(RatingEvent, project_rating, announcement_of),
        Projection(ReviewHidden, project_hidden, announcement_of),
    ),
)
