"""The score: adds up, forgives, forgets slowly, and is the same in any order."""

from datetime import UTC, datetime, timedelta
from math import fsum, isclose
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from contracts.scoring import (
    PUBLISHED,
    UNRATED,
    Formula,
    Vote,
    distribution_of,
    explain,
    score_of,
)

NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR: Final = timedelta(days=PUBLISHED.half_life_days)

scores = st.integers(1, 10)
votes = st.lists(
    st.builds(
        lambda score, hours: Vote(score, NOON - timedelta(hours=hours)),
        scores,
        st.integers(0, 24 * 3650),
    ),
    max_size=60,
)


def of(*given_scores: int) -> list[Vote]:
    return [Vote(score, NOON) for score in given_scores]


def test_nobody_rated_is_zero_of_zero() -> None:
    assert score_of([]) == UNRATED
    assert (UNRATED.rating, UNRATED.rank, UNRATED.count) == (0.0, 0.0, 0)


def test_few_votes_are_drawn_to_the_prior_and_many_speak_for_themselves() -> None:
    assert score_of(of(10)).rating == 7.5  # (5 x 7 + 10) / 6
    assert score_of(of(1)).rating == 6.0
    assert score_of(of(*[10] * 95)).rating == round((35 + 950) / 100, 1)


def test_one_perfect_vote_ranks_below_forty_good_ones() -> None:
    assert score_of(of(10)).rank < score_of(of(*[8] * 40)).rank
    assert score_of(of(10)).rank < score_of(of(*[7] * 40)).rank


def test_a_vote_weighs_half_after_the_half_life() -> None:
    explained = explain([Vote(9, NOON), Vote(3, NOON - YEAR), Vote(3, NOON - 2 * YEAR)])
    assert [part.weight for part in explained.parts] == [1.0, 0.5, 0.25]


@given(votes, st.integers(1, 10_000))
def test_time_alone_changes_no_score(all_votes: list[Vote], days: int) -> None:
    later = [Vote(one.score, one.given_at + timedelta(days=days)) for one in all_votes]
    assert score_of(later) == score_of(all_votes)


@given(votes)
def test_the_parts_add_up_to_the_score(all_votes: list[Vote]) -> None:
    explained = explain(all_votes)
    total = fsum([explained.prior.contribution, *(one.contribution for one in explained.parts)])
    assert total == explained.mean
    assert explained.score == score_of(all_votes)
    if all_votes:
        assert explained.score.rating == round(total, 1)
    mass = fsum([explained.prior.weight, *(one.weight for one in explained.parts)])
    weighed = fsum(one.weight * one.score for one in [explained.prior, *explained.parts])
    assert isclose(total, weighed / mass, rel_tol=1e-12)


@given(votes, st.integers())
def test_the_order_of_the_votes_is_of_no_account(all_votes: list[Vote], seed: int) -> None:
    shuffled = Random(seed).sample(all_votes, len(all_votes))
    assert score_of(shuffled) == score_of(all_votes)


@given(votes)
def test_a_score_lies_within_the_scale_and_its_rank_below_it(all_votes: list[Vote]) -> None:
    explained = explain(all_votes)
    assert 1 <= explained.mean <= 10
    assert explained.score.rank < explained.mean


@given(st.lists(scores, min_size=1, max_size=40), scores)
def test_a_higher_vote_in_place_of_a_lower_one_never_lowers_a_score(
    given_scores: list[int], higher: int
) -> None:
    better = [max(given_scores[0], higher), *given_scores[1:]]
    before, after = score_of(of(*given_scores)), score_of(of(*better))
    assert (after.rating, after.rank) >= (before.rating, before.rank)


@given(st.integers(7, 10), st.integers(1, 200))
def test_more_votes_of_the_same_kind_rank_higher(score: int, count: int) -> None:
    assert score_of(of(*[score] * (count + 1))).rank > score_of(of(*[score] * count)).rank


def test_another_formula_scores_otherwise() -> None:
    assert score_of(of(10), Formula(prior_weight=1.0)).rating == 8.5


@given(st.lists(scores, max_size=40))
def test_a_distribution_counts_each_score(given_scores: list[int]) -> None:
    distribution = distribution_of(given_scores)
    assert len(distribution) == 10
    assert sum(distribution) == len(given_scores)
    assert sum(n * place for place, n in enumerate(distribution, 1)) == sum(given_scores)
