"""Selects rows of announcements, and makes the representations of them.

A new field of `AnnouncementResponse` or `DetailAnnouncementResponse` needs no change here if
it is a column of `read_model.announcements` with the same name. Rows of the past
(`history.as_of`) have the same fields.
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from contracts.errors import Forbidden
from contracts.films import name_episode
from contracts.representations import (
    AnnouncementResponse,
    DetailAnnouncementResponse,
    GuestEntry,
    copied_fields,
)
from contracts.values.ids import PersonId
from contracts.values.languages import Language, Text
from query_api.announcements.score_columns import AUTHOR_JOIN, AUTHOR_SCORE, GUEST_JOIN, GUEST_SCORE
from query_api.announcements.visibility import (
    SHOWS_GUEST_COUNT,
    SHOWS_PLACE,
    VISIBLE,
    sees_everything,
)
from query_api.edge.reads import AnyRow, TableSnapshot, represent
from query_api.people.apart import APART_FROM
from runtime.auth.tokens import Caller

_STORED: Final = (
    *("announcement_id", "movie_title", "movie_title_ru", "event_location", "created", "modified"),
    "publish_to",
    *copied_fields(DetailAnnouncementResponse),
)

MY_STATE: Final = """
    (SELECT b.state FROM read_model.bookings b
     WHERE b.announcement_id = a.announcement_id AND b.guest_id = $2::uuid
       AND NOT b.untold) AS my_state
"""

MY_BOOKING_ID: Final = """
    (SELECT b.booking_id FROM read_model.bookings b
     WHERE b.announcement_id = a.announcement_id AND b.guest_id = $2::uuid
       AND NOT b.untold) AS my_booking_id
"""

COLUMNS: Final = f"""
    {", ".join(f"a.{name}" for name in _STORED)},
    author.name AS author_name, {AUTHOR_SCORE}, {SHOWS_PLACE} AS shows_place
    FROM read_model.announcements a
    LEFT JOIN read_model.people author ON author.person_id = a.author_id
    {AUTHOR_JOIN}
"""

SELECT_ONE: Final = f"""
    SELECT
        CASE WHEN {SHOWS_GUEST_COUNT} THEN (
            SELECT count(*) FROM read_model.bookings b
            WHERE b.announcement_id = a.announcement_id AND b.state = 'confirmed'
        ) END AS guest_count,
        {MY_BOOKING_ID},
        {MY_STATE}, {COLUMNS}
    WHERE a.announcement_id = $4 AND {VISIBLE}
"""

GUESTS_MAX: Final = 10_000

SELECT_GUESTS: Final = f"""
    SELECT b.*, guest.name AS guest_name, {GUEST_SCORE}
    FROM read_model.bookings b
    LEFT JOIN read_model.people guest ON guest.person_id = b.guest_id
    {GUEST_JOIN}
    WHERE b.announcement_id = $1
      AND ($2 OR (b.state = 'confirmed' AND b.guest_id <> ALL({APART_FROM.format("$3")})))
    ORDER BY b.created, b.booking_id
    LIMIT {GUESTS_MAX}
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


def represent_line(
    row: AnyRow, language: Language, *, fits_my_plan: bool | None = None
) -> AnnouncementResponse:
    """Return an announcement as lists show it."""
    derived = _derive(row, language)
    return represent(AnnouncementResponse, row, **derived, fits_my_plan=fits_my_plan)


def represent_detail(
    row: AnyRow,
    guests: Sequence[AnyRow],
    language: Language,
    caller: Caller,
    *,
    fits_my_plan: bool | None = None,
) -> DetailAnnouncementResponse:
    """Return an announcement as details show it, with these rows as its guest list."""
    guest_list = [
        represent(GuestEntry, guest, guest_name=guest["guest_name"] or "") for guest in guests
    ]
    return represent(
        DetailAnnouncementResponse,
        row,
        **_derive(row, language),
        guest_list=guest_list,
        publish_to=row["publish_to"] if sees_everything(row, caller) else [],
        fits_my_plan=fits_my_plan,
    )


def pick_movie_title(row: AnyRow, language: Language) -> str:
    """Return the film's title in the reader's language."""
    title: str = row["movie_title_ru" if language == "ru" else "movie_title"]
    return title


def pick_film_name(row: AnyRow, language: Language) -> str:
    """Return the film's title in the reader's language; of a series, with the episode."""
    title = Text(en=row["movie_title"], ru=row["movie_title_ru"])
    return name_episode(title, row["season"], row["episode"]).in_language(language)


def _derive(row: AnyRow, language: Language) -> dict[str, Any]:
    return {
        "id": row["announcement_id"],
        "sub_only": row["visibility"] == "subscribers",
        "movie_title": pick_movie_title(row, language),
        "event_location": row["event_location"] if row["shows_place"] else None,
        "author_name": row["author_name"] or "",
    }
