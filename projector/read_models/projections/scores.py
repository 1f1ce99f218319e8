"""Read model `scores`: the score of everybody of whom a rating was ever revealed.

Its rows follow from rows of `ratings`, not from events, because a score rests on all counted
ratings of its person. If a batch changes a rating, the sink computes that person's scores
again in the same transaction.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.events.rating import RatingRole
from contracts.scoring import PUBLISHED, Formula, Vote, score_of
from projector.read_models.read_model import Key, ReadModel, TableShape

SCORES: Final = TableShape(
    "scores",
    "person_id",
    {
        "person_id": "uuid",
        "host_rating": "double precision",
        "host_rank": "double precision",
        "host_rating_count": "integer",
        "guest_rating": "double precision",
        "guest_rank": "double precision",
        "guest_rating_count": "integer",
        "overall_rating": "double precision",
        "overall_rank": "double precision",
        "overall_rating_count": "integer",
    },
)


class RevealedRating(NamedTuple):
    """The fields of one revealed rating that a score needs."""

    role: RatingRole
    score: int
    created: datetime
    retracted: bool


def changes_scores(columns: Mapping[str, Any]) -> bool:
    """Return whether a put of these columns to a row of `ratings` may change a score."""
    return columns.get("revealed_at") is not None or columns.get("retracted") is True


def score_columns(
    revealed: Iterable[RevealedRating], formula: Formula = PUBLISHED
) -> dict[str, Any]:
    """Compute a person's row, without its key, from all revealed ratings of that person."""
    counted = [one for one in revealed if not one.retracted]
    of: dict[str, Iterable[RevealedRating]] = {
        "host": (one for one in counted if one.role == "host"),
        "guest": (one for one in counted if one.role == "guest"),
        "overall": counted,
    }
    columns: dict[str, Any] = {}
    for name, ratings in of.items():
        score = score_of((Vote(one.score, one.created) for one in ratings), formula)
        columns[f"{name}_rating"] = score.rating
        columns[f"{name}_rank"] = score.rank
        columns[f"{name}_rating_count"] = score.count
    return columns


def score_row(
    person_id: Key, revealed: Iterable[RevealedRating], formula: Formula = PUBLISHED
) -> tuple[Any, ...]:
    """Compute a person's row, in the order of the table's columns."""
    columns = {"person_id": person_id, **score_columns(revealed, formula)}
    return tuple(columns[name] for name in SCORES.types)


READ_MODEL: Final = ReadModel(SCORES)
