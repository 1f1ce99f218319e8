"""Represents a rating to the person who gave it, or who replied to it."""

from typing import Final

from command_api.domain.layer import Layer
from command_api.domain.rating.commands import (
    ChangeRating,
    GiveRating,
    ReplyToRating,
    RetractRating,
)
from command_api.domain.representation import AnswerBasis, Answers
from contracts.representations import RatingResponse
from contracts.values.ids import ReviewId


def render_rating(layer: Layer, review_id: ReviewId) -> RatingResponse:
    """Return the rating with all its fields. Raises LookupError if there is no such rating."""
    rating = layer.ratings.find(review_id)
    return RatingResponse(
        review_id=rating.id,
        announcement_id=rating.announcement_id,
        rater_id=rating.rater_id,
        ratee_id=rating.ratee_id,
        role=rating.role,
        score=rating.score,
        text=rating.text,
        tags=rating.tags,
        signed=rating.signed,
        reply=rating.reply,
        replied_at=rating.replied_at,
        revealed=rating.revealed_at is not None,
        retracted=rating.retracted,
        sealed_until=rating.sealed_until,
        created=rating.created_at,
        modified=rating.modified_at,
    )


def _answer_with_rating(basis: AnswerBasis) -> RatingResponse:
    assert basis.outcome.review_id is not None
    return render_rating(basis.layer, basis.outcome.review_id)


RATING_ANSWERS: Final[Answers] = {
    GiveRating: _answer_with_rating,
    ChangeRating: _answer_with_rating,
    RetractRating: _answer_with_rating,
    ReplyToRating: _answer_with_rating,
}
