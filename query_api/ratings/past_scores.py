"""Computes scores as they stood at a position, from the votes that counted there.

As in the tables, a rating counts from its reveal until it is retracted, with its last score and
the time when it was first given.
"""

from contracts.events.rating import RatingRole
from contracts.scoring import Score, Vote, score_of
from contracts.values.ids import PersonId
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.votes import (
    drop_retracted,
    fetch_ratings,
    fetch_ratings_of_guests,
    select_role,
)


async def fetch_score(
    history: HistoryReads, person_id: PersonId, role: RatingRole, position: int
) -> Score:
    """Return the person's score in the role as it was at `position`. Raises Unavailable."""
    ratings = await fetch_ratings(history, person_id, position)
    return score_of(one.vote for one in drop_retracted(select_role(ratings, role)))


async def fetch_guest_scores(
    history: HistoryReads, announcement_id: str, position: int
) -> dict[PersonId, Score]:
    """Return the score as guest of everybody who had a booking for the announcement by
    `position`. Leaves out those who were never rated. Raises Unavailable."""
    votes: dict[PersonId, list[Vote]] = {}
    ratings = await fetch_ratings_of_guests(history, announcement_id, position)
    for one in drop_retracted(ratings):
        votes.setdefault(one.ratee_id, []).append(one.vote)
    return {person_id: score_of(cast) for person_id, cast in votes.items()}
