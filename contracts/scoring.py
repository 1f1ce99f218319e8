"""The score of a person in one role: the one function, used by the write side, the
projection, explanations and verify alike.

A **shrunk mean**: `(C·m + Σ wᵢ·sᵢ) / (C + Σ wᵢ)`, the scores `sᵢ` averaged together with
`C` imaginary votes of the prior mean `m` (a Bayesian average, as in the weighted rating
by which IMDb once ordered its Top 250). A vote weighs 1 when new and half as much for
every half-life that it is older than the *newest* counted vote of the same person and
role, so a score changes only by an event of its own and never by time alone.

The **rank**, by which lists are ordered, is the lower bound of that mean:
`mean - z·spread / √(C + Σ wᵢ)`. One perfect vote leaves much open, forty good ones do not
(the argument of E. Miller's "How Not To Sort By Average Rating", with a normal bound in
place of Wilson's, which is for yes and no).

Sums are exactly rounded (`math.fsum`): the order of the votes is of no account, to the
last bit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import fsum, sqrt
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

SECONDS_A_DAY: Final = 86_400

Positive = Annotated[float, Meta(gt=0, le=1e6)]


class Formula(Struct, frozen=True, forbid_unknown_fields=True):
    """The constants. A change of one is tried first (`practix ratings trial`)."""

    prior_mean: Annotated[float, Meta(ge=1, le=10)] = 7.0
    """What somebody of whom nothing is known is worth, on the scale of 1 to 10. A published
    constant, until the history says otherwise."""
    prior_weight: Positive = 5.0
    """How many votes of its own a score needs to count for more than the prior."""
    half_life_days: Positive = 365.0
    spread: Positive = 2.0
    """Standard deviation of single votes that is reckoned with: two points of ten."""
    z: Positive = 1.645
    """The mean lies above the lower bound with a probability of 95 % (normal, one-sided)."""


PUBLISHED: Final = Formula()


class Vote(Struct, frozen=True, gc=False):
    """A revealed rating that was not retracted."""

    score: int
    given_at: datetime


class Score(Struct, frozen=True, gc=False):
    """`rating` is shown, with one decimal; `rank` orders. Both are 0.0 where nobody rated."""

    rating: float = 0.0
    rank: float = 0.0
    count: int = 0


UNRATED: Final = Score()


class Part(NamedTuple):
    """What a vote, or the prior, adds to the mean."""

    score: float
    weight: float
    contribution: float


class Explanation(NamedTuple):
    """`prior.contribution` and those of `parts` add up to `mean`, of which `score.rating`
    is the rounded value. The parts are in the order of the votes."""

    score: Score
    mean: float
    prior: Part
    parts: Sequence[Part]


def score_of(votes: Iterable[Vote], formula: Formula = PUBLISHED) -> Score:
    return explain(votes, formula).score


def explain(votes: Iterable[Vote], formula: Formula = PUBLISHED) -> Explanation:
    """The score, and what each vote contributes to it."""
    votes = list(votes)
    weights = _weights(votes, formula)
    mass = fsum((formula.prior_weight, *weights))
    prior = _part(formula.prior_mean, formula.prior_weight, mass)
    parts = [_part(one.score, weight, mass) for one, weight in zip(votes, weights, strict=True)]
    mean = fsum((prior.contribution, *(part.contribution for part in parts)))
    return Explanation(_score(mean, mass, len(votes), formula), mean, prior, parts)


def distribution_of(scores: Iterable[int], lowest: int = 1, highest: int = 10) -> list[int]:
    """How often each score was given, from the lowest to the highest."""
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


def _part(score: float, weight: float, mass: float) -> Part:
    return Part(score, weight, weight * score / mass)
