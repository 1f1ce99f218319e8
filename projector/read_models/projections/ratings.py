"""Read model `ratings`: every review as it is now, sealed and retracted ones included.

Tags are kept as the text of a JSON array: a column travels as one array of its values, and
PostgreSQL has no arrays of arrays of different lengths.
"""

from typing import Any, Final

import msgspec

from contracts.rating_events import AnyRatingEvent, RatingChanged, RatingGiven, RatingRevealed
from projector.read_models.projections.rows import NOTHING_MORE, Facts, Put, Table

RATINGS: Final = Table(
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
        "created": "timestamptz",
        "modified": "timestamptz",
    },
)


def project_rating(event: AnyRatingEvent, facts: Facts) -> Put:
    if isinstance(event, RatingGiven):
        return Put(RATINGS, event.review_id, _given(event, facts), NOTHING_MORE)
    return Put(RATINGS, event.review_id, _changes(event, facts))


def _changes(event: AnyRatingEvent, facts: Facts) -> dict[str, Any]:
    match event:
        case RatingGiven() | RatingChanged():
            return {
                "score": event.score,
                "text": event.text,
                "tags": msgspec.json.encode(event.tags).decode(),
                "modified": facts.decided_at,
            }
        case RatingRevealed():
            return {"revealed_at": facts.decided_at}
        case _:
            return {"retracted": True, "modified": facts.decided_at}


def _given(event: RatingGiven, facts: Facts) -> dict[str, Any]:
    return {
        "announcement_id": event.announcement_id,
        "rater_id": event.rater_id,
        "ratee_id": event.ratee_id,
        "role": event.role,
        "sealed_until": event.sealed_until,
        "revealed_at": None,
        "retracted": False,
        "created": facts.decided_at,
        **_changes(event, facts),
    }
