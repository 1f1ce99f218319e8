"""A rating as its rater sees it."""

from command_api.domain.layer import Layer
from contracts.representations import (
    RatingResponse,
)
from contracts.values.ids import ReviewId


def render_rating(layer: Layer, review_id: ReviewId) -> RatingResponse:
    """As its rater sees it. Raises LookupError where there is no such review."""
    rating = layer.ratings.get(review_id)
    if rating is None:
        raise LookupError(review_id)
    return RatingResponse(
        review_id=rating.id,
        announcement_id=rating.announcement_id,
        rater_id=rating.rater_id,
        ratee_id=rating.ratee_id,
        role=rating.role,
        score=rating.score,
        text=rating.text,
        tags=rating.tags,
        revealed=rating.revealed_at is not None,
        retracted=rating.retracted,
        sealed_until=rating.sealed_until,
        created=rating.created_at,
        modified=rating.modified_at,
    )
