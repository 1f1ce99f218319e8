"""Finds out which announcements fit the caller's plans, by the rule in `contracts.plans.wishes`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from contracts.plans.intervals import Interval
from contracts.plans.wishes import Wishes
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from contracts.values.zones import HOME_ZONE
from query_api.edge.reads import TableSnapshot

_SELECT_WISHES: Final = """
    SELECT p.movie_id, p.times, p.places, f.times AS free_times, f.tz AS free_tz
    FROM plans p LEFT JOIN free_times f ON f.person_id = p.person_id
    WHERE p.person_id = {0}::uuid AND p.planned
"""

WishesOfFilms = Mapping[MovieId, Wishes]
"""By film that the caller has planned."""

read_texts: Final = msgspec.json.Decoder(tuple[str, ...]).decode
"""Takes a column that holds a JSON list of texts, and returns these."""


class _Wish(Struct, frozen=True):
    movie_id: MovieId
    times: str
    places: str
    free_times: str | None
    free_tz: str | None


_read_rows: Final = msgspec.json.Decoder(list[_Wish]).decode


class SeenEvening(Protocol):
    """An announcement as its reader sees it, as far as the rule looks at it."""

    @property
    def id(self) -> AnnouncementId: ...
    @property
    def movie_id(self) -> MovieId: ...
    @property
    def author_id(self) -> PersonId: ...
    @property
    def event_time(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def event_location(self) -> str | None:
        """None if the place is hidden from the reader."""

    @property
    def location_hint(self) -> str | None: ...


def wishes_of(person: str) -> str:
    """Return SQL for what a person wishes, as one text for `read_wishes`. `person` is SQL, such as
    `$2`. It depends on no row, so PostgreSQL finds it once for each query."""
    return f"(SELECT json_agg(wish)::text FROM ({_SELECT_WISHES.format(person)}) wish)"


SELECT_WISHES: Final = f"SELECT {wishes_of('$1')}"


async def fetch_wishes(snapshot: TableSnapshot, person_id: PersonId) -> WishesOfFilms:
    """Return what the person wishes, for each film that they have planned."""
    return read_wishes(await snapshot.connection.fetchval(SELECT_WISHES, person_id))


def read_wishes(text: str | None) -> WishesOfFilms:
    """Return what the person wishes, for each film that they have planned."""
    if text is None:
        return {}
    return {
        wish.movie_id: Wishes(
            read_texts(wish.times),
            read_texts(wish.places),
            read_texts(wish.free_times or "[]"),
            wish.free_tz or HOME_ZONE,
        )
        for wish in _read_rows(text)
    }


def fits_my_plan(evening: SeenEvening, wishes: WishesOfFilms, person_id: PersonId) -> bool | None:
    """Return whether an announcement fits the person's plan for its film; None if they have none,
    or if it is their own."""
    found = wishes.get(evening.movie_id)
    if found is None or evening.author_id == person_id:
        return None
    place = evening.location_hint if evening.event_location is None else evening.event_location
    return found.are_met_by(Interval(evening.event_time, evening.ends_at), place)


def list_fitting(
    evenings: Iterable[SeenEvening], wishes: WishesOfFilms, person_id: PersonId, now: datetime
) -> list[AnnouncementId]:
    """Return the ids of the announcements that fit and are still to come."""
    return [
        one.id for one in evenings if one.event_time > now and fits_my_plan(one, wishes, person_id)
    ]
