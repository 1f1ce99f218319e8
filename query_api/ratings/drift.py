"""Computes how a person's score changed from month to month. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from contracts.scoring import score_of
from contracts.values.ids import PersonId
from query_api.ratings.votes import PastRating, Role, drop_retracted, select_role

MEAN_DECIMALS: Final = 2


class DriftMonth(Struct, frozen=True):
    """One month of a score.

    `rating_count` and `mean` are those of the votes that were given in the month and still
    count; without one the mean is 0.0. `rating` is the score that everybody could see when the
    month ended: it leaves out what was sealed then, and includes what was retracted later. For
    the current month it is the score of today."""

    month: str
    """`2026-03`, in UTC."""
    rating_count: int
    mean: float
    rating: float


class RatingDrift(Struct, frozen=True):
    """The months of a person's score, oldest first. A month in which no rating was given,
    revealed or retracted is left out."""

    user_id: PersonId
    role: Role
    months: Sequence[DriftMonth]


def compute_drift(ratings: Iterable[PastRating], role: Role) -> list[DriftMonth]:
    """Return the months in which a rating in the role was given, revealed or retracted, oldest
    first."""
    of_role = select_role(ratings, role)
    moments = {
        moment
        for one in of_role
        for moment in (one.given_at, one.revealed_at, one.retracted_at)
        if moment is not None
    }
    return [_compute_month(month, of_role) for month in sorted(set(map(_begin_month, moments)))]


def _compute_month(begin: datetime, ratings: Sequence[PastRating]) -> DriftMonth:
    given = [one.score for one in drop_retracted(ratings) if _begin_month(one.given_at) == begin]
    end = _next_month(begin)
    score = score_of(one.vote for one in ratings if _counted_before(one, end))
    mean = round(sum(given) / len(given), MEAN_DECIMALS) if given else 0.0
    return DriftMonth(f"{begin:%Y-%m}", len(given), mean, score.rating)


def _counted_before(one: PastRating, end: datetime) -> bool:
    return one.revealed_at < end and (one.retracted_at is None or one.retracted_at >= end)


def _begin_month(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, 1, tzinfo=UTC)


def _next_month(begin: datetime) -> datetime:
    years, month = divmod(begin.month, 12)
    return begin.replace(year=begin.year + years, month=month + 1)
