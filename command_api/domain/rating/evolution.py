"""Applies the events of ratings to the layer: to the rating, and to the ratee's standing."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.layer import Layer
from command_api.domain.rating.state import Rating, Standing
from contracts.events.rating import (
    AnyRatingEvent,
    RatingChanged,
    RatingGiven,
    RatingReplied,
    RatingRetracted,
    RatingRevealed,
    RatingSigned,
)
from contracts.scoring import Vote, score_of
from contracts.values.ids import PersonId, ReviewId


def apply_rating_event(layer: Layer, event: AnyRatingEvent, at: datetime, _actor: PersonId) -> None:
    """Raises LookupError if the event names a rating that was never given, or gives one again."""
    if isinstance(event, RatingGiven):
        layer.ratings.demand_new(event.review_id)
        before = None
        rater = layer.person(event.rater_id)
        after = _make(event, at, rater.newest_rating)
        layer.people.put(rater.id, replace(rater, newest_rating=after.id))
    else:
        before = layer.ratings.find(event.review_id)
        after = _evolve(before, event, at)
    layer.ratings.put(after.id, after)
    layer.rating_ids.put((after.announcement_id, after.rater_id, after.ratee_id), after.id)
    if (before is not None and before.counts) is not after.counts:
        _recount(layer, after)


def _make(event: RatingGiven, at: datetime, previous_of_rater: ReviewId | None) -> Rating:
    return Rating(
        id=event.review_id,
        announcement_id=event.announcement_id,
        rater_id=event.rater_id,
        ratee_id=event.ratee_id,
        role=event.role,
        score=event.score,
        text=event.text,
        tags=event.tags,
        sealed_until=event.sealed_until,
        created_at=at,
        modified_at=at,
        previous_of_rater=previous_of_rater,
    )


def _evolve(
    before: Rating,
    event: RatingChanged | RatingRevealed | RatingRetracted | RatingSigned | RatingReplied,
    at: datetime,
) -> Rating:
    match event:
        case RatingChanged():
            return replace(
                before, score=event.score, text=event.text, tags=event.tags, modified_at=at
            )
        case RatingRevealed():
            return replace(before, revealed_at=at)
        case RatingRetracted():
            return replace(before, retracted=True, modified_at=at)
        case RatingSigned():
            return replace(before, signed=event.signed, modified_at=at)
        case RatingReplied():
            return replace(before, reply=event.reply, replied_at=at)


def _recount(layer: Layer, rating: Rating) -> None:
    votes = layer.standing(rating.ratee_id, rating.role).votes
    votes = (*votes, rating.vote) if rating.counts else _without(votes, rating.vote)
    layer.standings.put((rating.ratee_id, rating.role), Standing(votes, score_of(votes)))


def _without(votes: tuple[Vote, ...], vote: Vote) -> tuple[Vote, ...]:
    """Return the votes without one that equals `vote`. Equal votes are interchangeable."""
    place = votes.index(vote)
    return votes[:place] + votes[place + 1 :]
