"""Read models `ratings` and `scores`: in agreement with what the write side answers."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from command_api.domain.rating.state import Rating
from contracts.journal.records import Commit
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import SCORES
from tests.histories.random_people import RandomPeople, cut_randomly

SEEDS: Final = st.integers(0, 2**32)


def folded(parts: Iterable[Sequence[Commit]]) -> MemoryTables:
    intake, tables = Intake(), MemoryTables()
    for part in parts:
        tables.apply(RowBatch(intake.take(part)))
    return tables


def rating_row(one: Rating) -> dict[str, Any]:
    renamed = {
        "review_id": one.id,
        "tags": msgspec.json.encode(one.tags).decode(),
        "created": one.created_at,
        "modified": one.modified_at,
    }
    return {
        name: renamed[name] if name in renamed else getattr(one, name) for name in RATINGS.types
    }


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_ratings_and_scores_are_those_of_the_write_side(seed: int) -> None:
    people = RandomPeople(seed, people=4).live(150)
    tables = folded([people.chain.commits])
    layer = people.layer
    assert set(tables.rows["ratings"]) == set(layer.ratings.own)
    for rating in layer.ratings.own.values():
        assert tables.row(RATINGS, rating.id) == rating_row(rating)
    assert set(tables.rows["scores"]) == {person_id for person_id, _ in layer.standings.own}
    for (person_id, role), standing in layer.standings.own.items():
        row = tables.row(SCORES, person_id)
        shown = [row[f"{role}_{name}"] for name in ("rating", "rank", "rating_count")]
        assert shown == list(msgspec.structs.astuple(standing.score))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_merged_batches_of_any_size_come_to_the_same_scores(seed: int) -> None:
    commits = RandomPeople(seed, people=4).live(150).chain.commits
    one_by_one = folded([commit] for commit in commits)
    assert folded([commits]).rows == one_by_one.rows
    assert folded(cut_randomly(commits, Random(seed))).rows == one_by_one.rows


def test_histories_hold_every_kind_of_rating() -> None:
    """Otherwise the tests above would say nothing."""
    layers = [RandomPeople(seed, people=4).live(150).layer for seed in range(20)]
    ratings = [one for layer in layers for one in layer.ratings.own.values()]
    kinds = {(one.revealed_at is not None, one.retracted) for one in ratings}
    assert {one.signed for one in ratings} == {False, True}
    assert any(one.reply is not None for one in ratings)
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}
