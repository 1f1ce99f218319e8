"""Lists of announcements: by condition, mine as host, mine as guest, a film's current ones."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import AnnouncementResponse
from query_api.announcements import COLUMNS, list_line
from query_api.documented import documented
from query_api.filters import Where, add_filters, malformed
from query_api.paging import Sort, cursor_of, limit_of, next_page, sort_of
from query_api.reading import Reads, answer
from query_api.visibility import VISIBLE
from runtime.clock import Clock
from runtime.http import language_of
from runtime.tokens import Caller

SORTS: Final = {
    "event_time": Sort("event_time", "a.event_time", datetime, "timestamptz"),
    "created": Sort("created", "a.created", datetime, "timestamptz", descending=True),
    "tickets_left": Sort("tickets_left", "a.tickets_left", int, "integer", descending=True),
    "author_rating": Sort(
        "author_rating", "0.0::double precision", float, "double precision", descending=True
    ),
}

MINE_AS_HOST: Final = "a.author_id = $2::uuid"
MINE_AS_GUEST: Final = """
    a.announcement_id IN (
        SELECT announcement_id FROM read_model.bookings WHERE guest_id = $2::uuid)
"""
CURRENT: Final = "a.status = 'Alive' AND a.event_time > {}"

PARAMETERS: Final = (
    ("date_from", "evenings that start at or after this instant"),
    ("date_to", "evenings that start before this instant"),
    ("location", "words of the place, or their beginnings"),
    ("q", "words of title, description or film, or their beginnings"),
    ("is_free", "true or false"),
    ("has_seats", "true or false"),
    ("min_author_rating", "0 to 10"),
    ("author_id", "evenings of this host"),
    ("movie_id", "evenings for this film"),
    ("status", "one or more of the statuses, separated by commas"),
    ("mine", "`host`: announced by the caller; `guest`: where the caller has a booking"),
    ("fits_my_schedule", "true: no overlap with the caller's own evenings"),
    ("sort", "event_time, created, author_rating, tickets_left; `-` turns it round"),
    ("limit", "lines of a page, 100 at most"),
    ("cursor", "`X-Next-Cursor` of the page before"),
)


def build_router(reads: Reads, clock: Clock) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.get("/announcements", **documented(list[AnnouncementResponse], PARAMETERS))
    async def list_announcements(request: Request) -> Response:
        """Evenings that the caller may see: by default those open to requests and still to
        come, soonest first."""
        caller = await reads.caller(request)
        where = Where(caller.is_super, caller.person_id, list(await _followed(reads, caller)))
        where.add(VISIBLE)
        _add_scope(where, request, clock())
        add_filters(where, request.query_params)
        sort, limit = sort_of(request, SORTS, "event_time"), limit_of(request)
        if (last := cursor_of(request, sort)) is not None:
            keyset = f"({sort.column}, a.announcement_id) {sort.comparison}"
            where.add(keyset + f" ({{}}::{sort.sql_type}, {{}}::uuid)", *last)
        order = sort.order.format(id="a.announcement_id")
        sql = (
            f"SELECT {sort.column} AS sort_key, {COLUMNS} WHERE {where.sql} "
            f"ORDER BY {order} LIMIT {limit + 1}"
        )
        async with reads.snapshot(request) as snapshot:
            rows = await snapshot.rows(sql, *where.arguments)
        language = language_of(request)
        headers = {}
        if len(rows) > limit:
            last_row = rows[limit - 1]
            headers = next_page(request, sort, last_row["sort_key"], last_row["announcement_id"])
        lines = [list_line(row, language) for row in rows[:limit]]
        return answer(request, lines, snapshot.position, headers=headers)

    return router


def _add_scope(where: Where, request: Request, now: datetime) -> None:
    """Mine are shown in every status; of all others only the current, unless one asks."""
    match request.query_params.get("mine"):
        case "host":
            where.add(MINE_AS_HOST)
        case "guest":
            where.add(MINE_AS_GUEST)
        case None:
            if "status" not in request.query_params:
                where.add(CURRENT, now)
        case _:
            raise malformed("mine")


async def _followed(reads: Reads, caller: Caller) -> frozenset[str]:
    return frozenset(await reads.following(caller.person_id))
