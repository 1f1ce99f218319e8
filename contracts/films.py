"""States which films may be announced, and which episode an announcement of a series names.

The page of a film shows the button by these rules, and a command is refused by them.
"""

from collections.abc import Sequence
from typing import Final, Literal, Protocol

from msgspec import Struct

from contracts.errors import Malformed
from contracts.values.ids import MovieId
from contracts.values.languages import Text

FilmKind = Literal["film", "series"]
NUMBER_MAX: Final = 10_000
"""Largest number of a season or an episode."""


class KnownFilm(Protocol):
    """Movie_API's data about a film or a series."""

    @property
    def movie_id(self) -> MovieId: ...
    @property
    def kind(self) -> FilmKind: ...
    @property
    def year(self) -> int | None: ...
    @property
    def duration_min(self) -> int: ...
    @property
    def genres(self) -> Sequence[str]: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def seasons(self) -> Sequence[int]:
        """Number of episodes of each season; empty if unknown."""
        ...


class FilmGroup(Struct, frozen=True, kw_only=True):
    """The films that may be announced in a cell; all of them unless something is stated.

    A film belongs to the group if its id is stated, or if it meets every condition and there is
    at least one. An unknown year meets any condition on the year. A film without genres or
    countries meets none on these.
    """

    ids: frozenset[str] = frozenset()
    genres: frozenset[str] = frozenset()
    """Lower case; a film needs one of them."""
    countries: frozenset[str] = frozenset()
    """Two letters, upper case; a film needs one of them."""
    year_min: int | None = None
    year_max: int | None = None
    duration_min_min: int | None = None
    """Shortest running time, in minutes; of a series, that of one episode."""
    duration_min_max: int | None = None
    """Longest running time, in minutes; likewise."""

    def includes_id(self, movie_id: MovieId) -> bool | None:
        """Return whether the film with this id belongs to the group; None if that depends on
        what Movie_API says of it."""
        if movie_id in self.ids:
            return True
        if self._has_conditions:
            return None
        return not self.ids

    def includes(self, film: KnownFilm) -> bool:
        """Return whether the film belongs to the group."""
        known = self.includes_id(film.movie_id)
        return self._meets_conditions(film) if known is None else known

    @property
    def _has_conditions(self) -> bool:
        bounds = (self.year_min, self.year_max, self.duration_min_min, self.duration_min_max)
        return bool(self.genres or self.countries) or any(one is not None for one in bounds)

    def _meets_conditions(self, film: KnownFilm) -> bool:
        return (
            _shares(self.genres, film.genres)
            and _shares(self.countries, film.countries)
            and (film.year is None or _is_within(film.year, self.year_min, self.year_max))
            and _is_within(film.duration_min, self.duration_min_min, self.duration_min_max)
        )


def demand_episode(film: KnownFilm, season: int | None, episode: int | None) -> None:
    """Raises Malformed unless the film is a series and this is one of its episodes, or it is no
    series and neither number is stated.

    The code is `episode_missing` if a number is missing, and `no_such_episode` if there is no
    such season or episode. It names the field that is wrong.
    """
    if film.kind == "film":
        if season is not None or episode is not None:
            stated = "episode" if season is None else "season"
            raise Malformed.of_field(stated, "no_such_episode", {"kind": film.kind})
        return
    seasons = list(film.seasons)
    if season is None or episode is None:
        missing = "season" if season is None else "episode"
        raise Malformed.of_field(missing, "episode_missing", {"seasons": seasons})
    facts = {"kind": film.kind, "seasons": seasons}
    if seasons and season > len(seasons):
        raise Malformed.of_field("season", "no_such_episode", facts)
    if seasons and episode > seasons[season - 1]:
        raise Malformed.of_field("episode", "no_such_episode", facts)


def name_episode(title: Text, season: int | None, episode: int | None) -> Text:
    """Return the title of a film as it is; that of a series with season and episode."""
    if season is None or episode is None:
        return title
    return Text(
        en=f"{title.en}, season {season}, episode {episode}",
        ru=f"{title.ru}, сезон {season}, серия {episode}",
    )


def _shares(wanted: frozenset[str], found: Sequence[str]) -> bool:
    return not wanted or not wanted.isdisjoint(found)


def _is_within(number: int, least: int | None, most: int | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)
