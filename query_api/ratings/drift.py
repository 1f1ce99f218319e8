"""How a score came to be what it is, month by month. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from contracts.scoring import score_of
from contracts.values.ids import PersonId
from query_api.ratings.votes import Role, Said, counted, of_role

MEAN_DECIMALS: Final = 2


class DriftMonth(Struct, frozen=True):
    """`rating_count` and `mean` are of the votes given in the month that count today; the
    mean of none is 0.0. `rating` is the score as everybody could see it when the month
    ended, with what was sealed then left out and what was taken back later still in; of the
    month that has not ended, the score as it is."""

    month: str
    """`2026-03`, in UTC."""
    rating_count: int
    mean: float
    rating: float


class RatingDrift(Struct, frozen=True):
    """Oldest first. A month in which nobody rated and the score stayed is left out."""

    user_id: PersonId
    role: Role
    months: Sequence[DriftMonth]


def drift_of(said: Iterable[Said], role: Role) -> list[DriftMonth]:
    of = of_role(said, role)
    moments = {
        moment
        for one in of
        for moment in (one.given_at, one.revealed_at, one.retracted_at)
        if moment is not None
    }
    return [_month(month, of) for month in sorted(set(map(_begin, moments)))]


def _month(begin: datetime, said: Sequence[Said]) -> DriftMonth:
    given = [one.score for one in counted(said) if _begin(one.given_at) == begin]
    end = _next(begin)
    stood = score_of(one.vote for one in said if _stood(one, end))
    mean = round(sum(given) / len(given), MEAN_DECIMALS) if given else 0.0
    return DriftMonth(f"{begin:%Y-%m}", len(given), mean, stood.rating)


def _stood(one: Said, at: datetime) -> bool:
    return one.revealed_at < at and (one.retracted_at is None or one.retracted_at >= at)


def _begin(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, 1, tzinfo=UTC)


def _next(begin: datetime) -> datetime:
    years, month = divmod(begin.month, 12)
    return begin.replace(year=begin.year + years, month=month + 1)
