"""Scores as they stood at a position, from the versions of all ratings in ClickHouse.

As in the tables, a review counts from its unsealing until it is taken back, with the score
last given and the time it was first given.
"""

from collections.abc import Mapping
from typing import Final

from contracts.ids import PersonId
from contracts.rating_events import RatingRole
from contracts.scoring import UNRATED, Score, Vote, score_of
from query_api.history_reading import HistoryReads
from query_api.votes import instant
from runtime.clickhouse import Parameter

# Copies of a row change neither argMax nor min nor max.
_SELECT_COUNTED: Final = """
    SELECT
        review_id, max(ratee_id) AS person_id, argMax(score, version) AS score_then,
        min(at_ms) AS given_at_ms
    FROM ratings
    WHERE {of_whom} AND role = %(role)s AND version <= %(position)s
    GROUP BY review_id
    HAVING max(revealed) = 1 AND max(retracted) = 0 AND isNotNull(score_then)
"""

SELECT_OF_PERSON: Final = _SELECT_COUNTED.format(of_whom="ratee_id = %(person_id)s")

SELECT_OF_GUESTS: Final = _SELECT_COUNTED.format(
    of_whom="""ratee_id IN (
        SELECT person_id FROM events
        WHERE announcement_id = %(announcement_id)s AND type LIKE 'booking.%'
          AND seq <= %(position)s)"""
)


async def score_as_of(
    history: HistoryReads, person_id: PersonId, role: RatingRole, position: int
) -> Score:
    """Raises Unavailable."""
    parameters: dict[str, Parameter] = {"person_id": person_id, "role": role, "position": position}
    scores = await _scores(history, SELECT_OF_PERSON, parameters)
    return scores.get(person_id, UNRATED)


async def guest_scores_as_of(
    history: HistoryReads, announcement_id: str, position: int
) -> dict[PersonId, Score]:
    """Of everybody who had a booking there by then and was rated by then. Raises Unavailable."""
    parameters: dict[str, Parameter] = {
        "announcement_id": announcement_id,
        "role": "guest",
        "position": position,
    }
    return await _scores(history, SELECT_OF_GUESTS, parameters)


async def _scores(
    history: HistoryReads, sql: str, parameters: Mapping[str, Parameter]
) -> dict[PersonId, Score]:
    votes: dict[PersonId, list[Vote]] = {}
    for row in await history.rows(sql, parameters):
        vote = Vote(int(row["score_then"]), instant(row["given_at_ms"]))
        votes.setdefault(PersonId(row["person_id"]), []).append(vote)
    return {person_id: score_of(cast) for person_id, cast in votes.items()}
