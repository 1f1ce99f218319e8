"""Read model `announcements`: one in detail, and one line of a list."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Language
from contracts.representations import (
    AnnouncementResponse,
    DetailAnnouncementResponse,
    GuestEntry,
)
from query_api.documented import documented
from query_api.reading import Reads, Snapshot, answer, path_id
from query_api.visibility import SHOWS_PLACE, VISIBLE
from runtime.http import language_of
from runtime.tokens import Caller

COLUMNS: Final = f"""
    a.*, host.name AS author_name, {SHOWS_PLACE} AS shows_place
    FROM read_model.announcements a
    LEFT JOIN read_model.people host ON host.person_id = a.author_id
"""

SELECT_ONE: Final = f"""
    SELECT {COLUMNS}
    WHERE a.announcement_id = $4 AND {VISIBLE}
"""

SELECT_AUTHOR: Final = """
    SELECT author_id, visibility FROM read_model.announcements WHERE announcement_id = $1
"""

SELECT_GUESTS: Final = """
    SELECT b.*, guest.name AS guest_name
    FROM read_model.bookings b
    LEFT JOIN read_model.people guest ON guest.person_id = b.guest_id
    WHERE b.announcement_id = $1 AND ($2 OR b.state = 'confirmed')
    ORDER BY b.created, b.booking_id
    LIMIT 10000
"""

SELECT_MINE: Final = """
    SELECT booking_id, state FROM read_model.bookings
    WHERE announcement_id = $1 AND guest_id = $2
"""

COUNT_CONFIRMED: Final = """
    SELECT count(*) FROM read_model.bookings
    WHERE announcement_id = $1 AND state = 'confirmed'
"""


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.get("/announcement/{announcement_id}", **documented(DetailAnnouncementResponse))
    async def get_announcement(request: Request) -> Response:
        """One evening as the caller may see it. `?guest_list=names` gives bare names."""
        caller = await reads.caller(request)
        announcement_id = path_id(request, "announcement_id")
        async with reads.snapshot(request) as snapshot:
            found = await select_visible(snapshot, reads, caller, announcement_id)
            detail = await _detail(snapshot, found, caller, language_of(request))
        content: Any = detail
        if request.query_params.get("guest_list") == "names":
            content = _with_names(detail)
        return answer(request, content, snapshot.position, version=detail.version)

    return router


async def select_visible(
    snapshot: Snapshot, reads: Reads, caller: Caller, announcement_id: str
) -> asyncpg.Record:
    """The announcement's row. Raises NotFound where it is absent or hidden."""
    author = await snapshot.row(SELECT_AUTHOR, announcement_id)
    followed: list[str] = []
    if author["visibility"] == "subscribers" and await reads.follows(
        author["author_id"], caller.person_id
    ):
        followed.append(author["author_id"])
    return await snapshot.row(
        SELECT_ONE, caller.is_super, caller.person_id, followed, announcement_id
    )


def list_line(row: asyncpg.Record, language: Language) -> AnnouncementResponse:
    return AnnouncementResponse(**_line_fields(row, language))


async def _detail(
    snapshot: Snapshot, row: asyncpg.Record, caller: Caller, language: Language
) -> DetailAnnouncementResponse:
    announcement_id = row["announcement_id"]
    mine = await snapshot.rows(SELECT_MINE, announcement_id, caller.person_id)
    everyone = caller.is_super or row["author_id"] == caller.person_id
    guests: Sequence[asyncpg.Record] = ()
    if everyone or (mine and mine[0]["state"] == "confirmed"):
        guests = await snapshot.rows(SELECT_GUESTS, announcement_id, everyone)
    return DetailAnnouncementResponse(
        **_line_fields(row, language),
        description=row["description"],
        modified=row["modified"],
        version=row["version"],
        guest_list=[_guest_entry(guest) for guest in guests],
        guest_count=await snapshot.connection.fetchval(COUNT_CONFIRMED, announcement_id),
        hide_location=row["hide_location"],
        cancel_reason=row["cancel_reason"],
        my_booking_id=mine[0]["booking_id"] if mine else None,
        my_state=mine[0]["state"] if mine else None,
    )


def _line_fields(row: asyncpg.Record, language: Language) -> dict[str, Any]:
    return {
        "id": row["announcement_id"],
        "status": row["status"],
        "title": row["title"],
        "author_id": row["author_id"],
        "sub_only": row["visibility"] == "subscribers",
        "is_free": row["is_free"],
        "ticket_count": row["ticket_count"],
        "event_time": row["event_time"],
        "event_location": row["event_location"] if row["shows_place"] else None,
        "closed_reason": row["closed_reason"],
        "visibility": row["visibility"],
        "movie_id": row["movie_id"],
        "movie_title": row["movie_title_ru" if language == "ru" else "movie_title"],
        "author_name": row["author_name"] or "",
        "author_rating": 0.0,
        "author_rating_count": 0,
        "tickets_left": row["tickets_left"],
        "duration_min": row["duration_min"],
        "ends_at": row["ends_at"],
        "tz": row["tz"],
        "location_hint": row["location_hint"],
        "price_amount": row["price_amount"],
        "price_currency": row["price_currency"],
        "created": row["created"],
    }


def _guest_entry(row: asyncpg.Record) -> GuestEntry:
    return GuestEntry(
        booking_id=row["booking_id"],
        guest_id=row["guest_id"],
        guest_name=row["guest_name"] or "",
        author_status=row["author_status"],
        guest_status=row["guest_status"],
        guest_rating=0.0,
        guest_rating_count=0,
        state=row["state"],
    )


def _with_names(detail: DetailAnnouncementResponse) -> dict[str, Any]:
    fields = {name: getattr(detail, name) for name in detail.__struct_fields__}
    return fields | {"guest_list": [guest.guest_name for guest in detail.guest_list]}
