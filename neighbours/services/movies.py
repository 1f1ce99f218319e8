"""Movie_API: serves a catalogue of real films and series from films.csv, which is made by hand."""

import csv
from pathlib import Path
from typing import Annotated, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import APIRouter, Depends, Query
from msgspec import Struct
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.films import FilmKind
from neighbours.bodies import BoundedRoute
from neighbours.switches import Switches
from runtime.http.json_body import json_response

CATALOGUE: Final = Path(__file__).with_name("films.csv")

GENRES_RU: Final = {
    "action": "боевик",
    "adventure": "приключения",
    "animation": "мультфильм",
    "biography": "биография",
    "comedy": "комедия",
    "crime": "криминал",
    "drama": "драма",
    "family": "семейный",
    "fantasy": "фэнтези",
    "history": "история",
    "horror": "ужасы",
    "music": "музыка",
    "mystery": "детектив",
    "romance": "мелодрама",
    "science fiction": "фантастика",
    "sport": "спорт",
    "thriller": "триллер",
    "war": "военный",
    "western": "вестерн",
}

_FILMS: Final = uuid5(NAMESPACE_URL, "urn:practix:film")


class Film(Struct, frozen=True):
    id: str
    title: str
    title_ru: str
    year: int
    duration_min: int
    """Running time; of a series, that of one episode."""
    kind: FilmKind
    genres: list[str]
    genres_ru: list[str]
    countries: list[str]
    seasons: list[int]
    """Number of episodes of each season; empty for a film."""


class Films:
    """The catalogue, in the order of the file."""

    def __init__(self, path: Path = CATALOGUE) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            films = [_film(row) for row in csv.DictReader(file)]
        self.first = films[0]
        self._by_id = {film.id: film for film in films}
        self._searched = [(f"{film.title}\n{film.title_ru}".casefold(), film) for film in films]

    def film(self, film_id: str) -> Film:
        """Return the film. Raises NotFound."""
        if film_id not in self._by_id:
            raise NotFound
        return self._by_id[film_id]

    def search(self, words: str, limit: int) -> list[Film]:
        """Return films that have `words` in one of their titles, in any case."""
        part = words.strip().casefold()
        return [film for text, film in self._searched if part in text][:limit]


def movies_router(films: Films, switches: Switches) -> APIRouter:
    router = APIRouter(
        route_class=BoundedRoute,
        prefix="/neighbours/movies",
        tags=["neighbours: Movie_API"],
        dependencies=[Depends(switches.guard("movies"))],
    )

    @router.get("")
    async def search(q: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 1000) -> Response:
        """Find films by a part of the English or the Russian title; without `q`, all films."""
        return json_response(films.search(q, limit))

    @router.get("/{movie_id}")
    async def get_film(movie_id: UUID) -> Response:
        return json_response(films.film(str(movie_id)))

    return router


def _film(row: dict[str, str]) -> Film:
    genres = row["genres"].split("|")
    return Film(
        id=str(uuid5(_FILMS, f"{row['title']} ({row['year']})")),
        title=row["title"],
        title_ru=row["title_ru"],
        year=int(row["year"]),
        duration_min=int(row["duration_min"]),
        kind="series" if row["seasons"] else "film",
        genres=genres,
        genres_ru=[GENRES_RU[one] for one in genres],
        countries=row["countries"].split("|"),
        seasons=[int(one) for one in row["seasons"].split("|") if one],
    )
