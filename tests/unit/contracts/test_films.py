"""Which films belong to a group, and which episode an announcement of a series names."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.errors import Malformed
from contracts.films import FilmGroup, demand_episode, name_episode
from contracts.values.ids import MovieId
from contracts.values.languages import Text
from runtime.outside.ports import Movie

SOLARIS = MovieId(str(uuid4()))


def film(**changes: Any) -> Movie:
    attributes: dict[str, Any] = {
        "year": 1972,
        "duration_min": 167,
        "genres": ("science fiction", "drama"),
        "countries": ("SU",),
    }
    return Movie(SOLARIS, "Solaris", "Солярис", **attributes | changes)


def group(**stated: Any) -> FilmGroup:
    lists = {"ids", "genres", "countries"}
    given: dict[str, Any] = {
        name: frozenset(one) if name in lists else one for name, one in stated.items()
    }
    return FilmGroup(**given)


@pytest.mark.parametrize(
    ("stated", "belongs"),
    [
        ({}, True),
        ({"genres": ["drama", "comedy"]}, True),
        ({"genres": ["comedy"]}, False),
        ({"countries": ["SU"]}, True),
        ({"countries": ["US"]}, False),
        ({"year_min": 1972, "year_max": 1972}, True),
        ({"year_min": 1973}, False),
        ({"year_max": 1971}, False),
        ({"duration_min_min": 167, "duration_min_max": 167}, True),
        ({"duration_min_min": 168}, False),
        ({"duration_min_max": 166}, False),
        ({"genres": ["drama"], "countries": ["US"]}, False),
        ({"ids": [SOLARIS]}, True),
        ({"ids": ["another"]}, False),
        ({"ids": [SOLARIS], "countries": ["US"]}, True),
        ({"ids": ["another"], "countries": ["SU"]}, True),
    ],
)
def test_a_film_is_stated_or_meets_every_condition(stated: Any, belongs: bool) -> None:
    assert group(**stated).includes(film()) is belongs


def test_an_unknown_year_meets_conditions_and_no_genre_meets_none() -> None:
    assert group(year_min=2000).includes(film(year=None))
    assert not group(genres=["drama"]).includes(film(genres=()))
    assert not group(countries=["SU"]).includes(film(countries=()))


@pytest.mark.parametrize(
    ("stated", "known"),
    [
        ({}, True),
        ({"ids": [SOLARIS], "genres": ["comedy"]}, True),
        ({"ids": ["another"]}, False),
        ({"ids": ["another"], "genres": ["drama"]}, None),
        ({"year_min": 1}, None),
    ],
)
def test_an_id_tells_as_much_as_the_group_allows(stated: Any, known: bool | None) -> None:
    assert group(**stated).includes_id(SOLARIS) is known


def test_a_series_is_named_with_its_episode() -> None:
    title = Text(en="Dark", ru="Тьма")
    assert name_episode(title, None, None) == title
    named = name_episode(title, 2, 8)
    assert named == Text(en="Dark, season 2, episode 8", ru="Тьма, сезон 2, серия 8")


@pytest.mark.parametrize(
    ("attributes", "season", "episode", "wrong"),
    [
        ({}, None, None, None),
        ({}, 1, None, ("no_such_episode", "season")),
        ({}, None, 1, ("no_such_episode", "episode")),
        ({"kind": "series"}, None, 1, ("episode_missing", "season")),
        ({"kind": "series"}, 1, None, ("episode_missing", "episode")),
        ({"kind": "series"}, 90, 400, None),
        ({"kind": "series", "seasons": (2, 3)}, 2, 3, None),
        ({"kind": "series", "seasons": (2, 3)}, 1, 3, ("no_such_episode", "episode")),
        ({"kind": "series", "seasons": (2, 3)}, 3, 1, ("no_such_episode", "season")),
    ],
)
def test_an_episode_is_one_of_the_series(
    attributes: Any, season: int | None, episode: int | None, wrong: tuple[str, str] | None
) -> None:
    if wrong is None:
        demand_episode(film(**attributes), season, episode)
        return
    with pytest.raises(Malformed) as refused:
        demand_episode(film(**attributes), season, episode)
    (error,) = refused.value.facts["errors"]
    assert (refused.value.code, error["field"]) == wrong
