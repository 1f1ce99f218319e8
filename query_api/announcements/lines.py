"""Selects announcements as lists show them.

A new field of `AnnouncementResponse` needs no change here if it is a column of
`read_model.announcements` with the same name. In the SQL $1 and $2 are the viewer, as in
`visibility`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import asyncpg
from msgspec.structs import replace

from contracts.representations import AnnouncementResponse, copied_fields
from contracts.values.ids import PersonId
from contracts.values.languages import Language
from query_api.announcements.score_columns import AUTHOR_JOIN, AUTHOR_RATING, AUTHOR_RATING_COUNT
from query_api.announcements.visibility import shows_place
from query_api.edge.selecting import STATEMENTS_KEPT, build, columns_of
from query_api.people.own_booking import JOIN_OWN, JOINED_CONFIRMED, joined_own
from query_api.plans.fitting import fits_my_plan, read_wishes, wishes_of

_STORED: Final = (
    *("announcement_id", "movie_title", "movie_title_ru", "event_location", "hide_location"),
    "created",
    *copied_fields(AnnouncementResponse),
)
PAGE_COLUMNS: Final = f"""
    {", ".join(f"a.{name}" for name in _STORED)} FROM announcements a {AUTHOR_JOIN}
"""
"""The columns that `select_lines` takes, with their tables, for queries for a page."""

LINE_JOINS: Final = f"""
    {JOIN_OWN}
    LEFT JOIN people author ON author.person_id = a.author_id
    {AUTHOR_JOIN}
"""

_SQL_OF: Final = {
    "id": "a.announcement_id",
    "sub_only": "a.visibility = 'subscribers'",
    "event_location": f"CASE WHEN {shows_place(JOINED_CONFIRMED)} THEN a.event_location END",
    "author_name": "coalesce(author.name, '')",
    "author_rating": AUTHOR_RATING,
    "author_rating_count": AUTHOR_RATING_COUNT,
    "my_state": joined_own("state"),
    "fits_my_plan": "NULL::boolean",  # Decided by `read_lines`.
}

WISHES: Final = f"{wishes_of('$2')} AS wishes"
"""The column with the wishes of the viewer, which `read_lines` takes."""


def sql_of_fields(language: Language) -> Mapping[str, str]:
    """Return the SQL of the fields of a line that are not columns of the announcement `a`."""
    title = "a.movie_title_ru" if language == "ru" else "a.movie_title"
    return {**_SQL_OF, "movie_title": title}


@lru_cache(STATEMENTS_KEPT)
def select_lines(page: str, language: Language, further: str) -> str:
    """Return SQL for the lines of `page`, a query for a `sort_key` and PAGE_COLUMNS. `further` are
    columns that follow those of a line.

    Names and scores are looked up for the announcements of that page only.
    """
    columns = columns_of(AnnouncementResponse, sql_of_fields(language), "a")
    return f"SELECT {columns}, {further}, a.sort_key FROM ({page}) a {LINE_JOINS}"


def read_lines(rows: Sequence[asyncpg.Record], person_id: PersonId) -> list[AnnouncementResponse]:
    """Return the announcements as the person sees them in a list. The rows have WISHES."""
    lines = [build(AnnouncementResponse, row) for row in rows]
    wishes = read_wishes(rows[0]["wishes"] if rows else None)
    if not wishes:
        return lines
    return [replace(one, fits_my_plan=fits_my_plan(one, wishes, person_id)) for one in lines]
