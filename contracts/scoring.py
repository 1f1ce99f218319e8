"""Computes the score of a person in one role. The write side, the read models, explanations
and verify all use this function.

A **shrunk mean**: `(C·m + Σ wᵢ·sᵢ) / (C + Σ wᵢ)`, the scores `sᵢ` averaged together with
`C` imaginary votes of the prior mean `m` (a Bayesian average, as in the weighted rating
by which IMDb once ordered its Top 250). A vote weighs 1 when new and half as much for
every half-life that it is older than the *newest* counted vote of the same person and
role, so a score changes only by an event of its own and never by time alone.

The **rank**, by which lists are ordered, is the lower bound of that mean:
`mean - z·spread / √(C + Σ wᵢ)`. One perfect vote leaves much open, forty good ones do not
(the argument of E. Miller's "How Not To Sort By Average Rating", with a normal bound in
place of Wilson's, which is for yes and no).

Sums are exactly rounded (`math.fsum`), so the order of the votes changes no bit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import fsum, sqrt
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from contracts.values.times import SECONDS_A_DAY

Positive = Annotated[float, Meta(gt=0, le=1e6)]


class Formula(Struct, frozen=True, forbid_unknown_fields=True):
    """The constants of the formula. docs/operations.md says how to change one."""

    prior_mean: Annotated[float, Meta(ge=1, le=10)] = 7.0
    """`m`: the score from 1 to 10 that we assume of a person before the first vote. A published
    constant, until the history says otherwise."""
    prior_weight: Positive = 5.0
    """`C`: the prior mean counts like this many new votes."""
    half_life_days: Positive = 365.0
    """Age at which a vote counts half as much as the newest one."""
    spread: Positive = 2.0
    """Assumed standard deviation of single votes: two points of ten."""
    z: Positive = 1.645
    """The mean is above the lower bound with a probability of 95 % (normal, one-sided)."""


PUBLISHED: Final = Formula()


class Vote(Struct, frozen=True, gc=False):
    """A revealed rating that was not retracted."""

    score: int
    given_at: datetime


class Score(Struct, frozen=True, gc=False):
    """`rating` is shown, with one decimal. `rank` orders lists. Both are 0.0 without votes."""

    rating: float = 0.0
    rank: float = 0.0
    count: int = 0


UNRATED: Final = Score()


class ShareOfMean(NamedTuple):
    """The share of the mean that a vote, or the prior, accounts for."""

    score: float
    weight: float
    contribution: float


class Explanation(NamedTuple):
    """How a score came about. The contributions of `prior` and `parts` add up to `mean`, and
    `score.rating` is the rounded `mean`. The parts are in the order of the votes."""

    score: Score
    mean: float
    prior: ShareOfMean
    parts: Sequence[ShareOfMean]


def score_of(votes: Iterable[Vote], formula: Formula = PUBLISHED) -> Score:
    """Return the score that follows from the votes, in whatever order they come."""
    return explain(votes, formula).score


def explain(votes: Iterable[Vote], formula: Formula = PUBLISHED) -> Explanation:
    """Return the score with the contribution of each vote."""
    votes = list(votes)
    weights = _weights(votes, formula)
    mass = fsum((formula.prior_weight, *weights))
    prior = _share(formula.prior_mean, formula.prior_weight, mass)
    parts = [_share(one.score, weight, mass) for one, weight in zip(votes, weights, strict=True)]
    mean = fsum((prior.contribution, *(part.contribution for part in parts)))
    return Explanation(_score(mean, mass, len(votes), formula), mean, prior, parts)


def distribution_of(scores: Iterable[int], lowest: int = 1, highest: int = 10) -> list[int]:
    """Return how often each score was given, from the lowest to the highest."""
    given = list(scores)
    return [given.count(score) for score in range(lowest, highest + 1)]


def _score(mean: float, mass: float, count: int, formula: Formula) -> Score:
    if count == 0:
        return UNRATED
    return Score(round(mean, 1), mean - formula.z * formula.spread / sqrt(mass), count)


def _weights(votes: Sequence[Vote], formula: Formula) -> list[float]:
    newest = max((one.given_at for one in votes), default=None)
    if newest is None:
        return []
    half_life_s = formula.half_life_days * SECONDS_A_DAY
    return [0.5 ** ((newest - one.given_at).total_seconds() / half_life_s) for one in votes]


def _share(score: float, weight: float, mass: float) -> ShareOfMean:
    return ShareOfMean(score, weight, weight * score / mass)
