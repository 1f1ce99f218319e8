"""Selects announcements that a person may see as plain rows, for whatever depends on them.

Lists and details have statements of their own (`lines`, `details`). Rows of the past
(`history.as_of`) have the same columns.
"""

from typing import Final

import asyncpg

from contracts.errors import Forbidden
from contracts.films import name_episode
from contracts.representations import DetailAnnouncementResponse, copied_fields
from contracts.values.ids import PersonId
from contracts.values.languages import Language, Text
from query_api.announcements.score_columns import AUTHOR_JOIN, AUTHOR_SCORE
from query_api.announcements.visibility import SHOWS_PLACE, VISIBLE, sees_everything
from query_api.edge.reads import AnyRow, TableSnapshot
from query_api.people.own_booking import own
from runtime.auth.tokens import Caller

_STORED: Final = (
    *("announcement_id", "movie_title", "movie_title_ru", "event_location", "created", "modified"),
    "publish_to",
    *copied_fields(DetailAnnouncementResponse),
)

MY_STATE: Final = f"{own('state')} AS my_state"
MY_BOOKING_ID: Final = f"{own('booking_id')} AS my_booking_id"

COLUMNS: Final = f"""
    {", ".join(f"a.{name}" for name in _STORED)},
    author.name AS author_name, {AUTHOR_SCORE}, {SHOWS_PLACE} AS shows_place
    FROM announcements a
    LEFT JOIN people author ON author.person_id = a.author_id
    {AUTHOR_JOIN}
"""

SELECT_ONE: Final = f"""
    SELECT {MY_BOOKING_ID}, {MY_STATE}, {COLUMNS} WHERE a.announcement_id = $4 AND {VISIBLE}
"""


async def fetch_visible(
    snapshot: TableSnapshot, caller: Caller, followed: list[PersonId], announcement_id: str
) -> asyncpg.Record:
    """Return the row of an announcement. Raises NotFound if it is absent or hidden."""
    return await snapshot.fetch_row(
        SELECT_ONE, caller.is_super, caller.person_id, followed, announcement_id
    )


async def demand_author(
    snapshot: TableSnapshot, caller: Caller, followed: list[PersonId], announcement_id: str
) -> None:
    """Raises NotFound if the announcement is absent or hidden, and Forbidden unless the caller is
    its author or a super-user."""
    found = await fetch_visible(snapshot, caller, followed, announcement_id)
    if not sees_everything(found, caller):
        raise Forbidden


def pick_movie_title(row: AnyRow, language: Language) -> str:
    """Return the film's title in the reader's language."""
    title: str = row["movie_title_ru" if language == "ru" else "movie_title"]
    return title


def pick_film_name(row: AnyRow, language: Language) -> str:
    """Return the film's title in the reader's language; of a series, with the episode."""
    title = Text(en=row["movie_title"], ru=row["movie_title_ru"])
    return name_episode(title, row["season"], row["episode"]).in_language(language)
