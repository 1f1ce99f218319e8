"""Finds out which announcements fit the caller's plans, by the rule in `contracts.plans.wishes`."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import msgspec

from contracts.plans.intervals import Interval
from contracts.plans.wishes import Wishes
from contracts.values.ids import MovieId, PersonId
from contracts.values.zones import HOME_ZONE
from query_api.edge.reads import AnyRow, TableSnapshot

SELECT_WISHES: Final = """
    SELECT p.movie_id, p.times, p.places, f.times AS free_times, f.tz AS free_tz
    FROM read_model.plans p LEFT JOIN read_model.free_times f ON f.person_id = p.person_id
    WHERE p.person_id = $1 AND p.planned
"""

WishesOfFilms = Mapping[MovieId, Wishes]
"""By film that the caller has planned."""

read_texts: Final = msgspec.json.Decoder(tuple[str, ...]).decode
"""Takes a column that holds a JSON list of texts, and returns these."""


async def fetch_wishes(snapshot: TableSnapshot, person_id: PersonId) -> WishesOfFilms:
    """Return what the person wishes, for each film that they have planned."""
    rows = await snapshot.fetch_rows(SELECT_WISHES, person_id)
    return {
        row["movie_id"]: Wishes(
            read_texts(row["times"]),
            read_texts(row["places"]),
            read_texts(row["free_times"] or "[]"),
            row["free_tz"] or HOME_ZONE,
        )
        for row in rows
    }


def fits_my_plan(row: AnyRow, wishes: WishesOfFilms, person_id: PersonId) -> bool | None:
    """Return whether an announcement fits the person's plan for its film; None if they have none,
    or if it is their own."""
    found = wishes.get(row["movie_id"])
    if found is None or row["author_id"] == person_id:
        return None
    place = row["event_location"] if row["shows_place"] else row["location_hint"]
    return found.are_met_by(Interval(row["event_time"], row["ends_at"]), place)


def list_fitting(
    rows: Collection[AnyRow], wishes: WishesOfFilms, person_id: PersonId, now: datetime
) -> list[str]:
    """Return the ids of the announcements that fit and are still to come."""
    return [
        row["announcement_id"]
        for row in rows
        if row["event_time"] > now and fits_my_plan(row, wishes, person_id)
    ]
