"""Representations take their fields from the columns of a row."""

import pytest
from msgspec import Struct

from query_api.edge.reads import represent


class TitledFilm(Struct, frozen=True):
    title: str
    year: int


def test_a_field_comes_from_the_column_of_its_name() -> None:
    assert represent(TitledFilm, {"title": "Solaris", "year": 1972, "other": 1}) == TitledFilm(
        "Solaris", 1972
    )


def test_a_derived_field_needs_no_column_and_wins_over_one() -> None:
    assert represent(TitledFilm, {"year": 1972}, title="Mirror") == TitledFilm("Mirror", 1972)
    assert represent(TitledFilm, {"title": "", "year": 1}, title="Mirror", year=2) == TitledFilm(
        "Mirror", 2
    )


def test_a_missing_column_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        represent(TitledFilm, {"title": "Solaris"})
