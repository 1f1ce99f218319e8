"""Scores as they stood at a position: of the votes that counted there.

As in the tables, a review counts from its unsealing until it is taken back, with the score
last given and the time it was first given.
"""

from contracts.events.rating import RatingRole
from contracts.scoring import Score, Vote, score_of
from contracts.values.ids import PersonId
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.votes import counted, of_role, said_of, said_of_guests_of


async def score_as_of(
    history: HistoryReads, person_id: PersonId, role: RatingRole, position: int
) -> Score:
    """Raises Unavailable."""
    said = await said_of(history, person_id, position)
    return score_of(one.vote for one in counted(of_role(said, role)))


async def guest_scores_as_of(
    history: HistoryReads, announcement_id: str, position: int
) -> dict[PersonId, Score]:
    """Of everybody who had a booking there by then and was rated by then. Raises Unavailable."""
    votes: dict[PersonId, list[Vote]] = {}
    for one in counted(await said_of_guests_of(history, announcement_id, position)):
        votes.setdefault(one.ratee_id, []).append(one.vote)
    return {person_id: score_of(cast) for person_id, cast in votes.items()}
