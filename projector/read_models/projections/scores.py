"""Read model `scores`: what the revealed ratings of a person come to.

The one table whose rows follow from rows instead of events: a score rests on all counted
ratings of its person, so a sink computes it anew, in the same transaction, for whom a
batch has changed one. There is a row for everybody of whom a rating was ever revealed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.rating_events import RatingRole
from contracts.scoring import PUBLISHED, Formula, Vote, score_of
from projector.read_models.projections.rows import Key, Table

SCORES: Final = Table(
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


class Revealed(NamedTuple):
    """What a score needs to know of a revealed rating."""

    role: RatingRole
    score: int
    created: datetime
    retracted: bool


def changes_scores(columns: Mapping[str, Any]) -> bool:
    """Whether a put with these columns to a row of `ratings` may change a score."""
    return columns.get("revealed_at") is not None or columns.get("retracted") is True


def score_columns(revealed: Iterable[Revealed], formula: Formula = PUBLISHED) -> dict[str, Any]:
    """The row of a person, but for its key, from all revealed ratings of theirs."""
    counted = [one for one in revealed if not one.retracted]
    of: dict[str, Iterable[Revealed]] = {
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
    person_id: Key, revealed: Iterable[Revealed], formula: Formula = PUBLISHED
) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    columns = {"person_id": person_id, **score_columns(revealed, formula)}
    return tuple(columns[name] for name in SCORES.types)
