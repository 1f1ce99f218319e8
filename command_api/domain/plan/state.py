"""The state of a person's plans and free times."""

from datetime import datetime

from msgspec import Struct

from contracts.values.ids import MovieId
from contracts.values.zones import HOME_ZONE


class FilmPlan(Struct, frozen=True, kw_only=True, gc=False):
    """When and where a person would like to see a film. `Person.plans` says whether it stands."""

    movie_id: MovieId
    movie_title: str
    movie_title_ru: str
    duration_min: int
    times: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    modified_at: datetime


class FreeTimes(Struct, frozen=True, kw_only=True, gc=False):
    """When a person is free."""

    tz: str = HOME_ZONE
    times: tuple[str, ...] = ()
    modified_at: datetime | None = None
    """None if the person has never said it, or was erased since."""
