"""Serves the caller's schedule: what they announced, attend or have pending, by time.

What was cancelled stays in it, and says so. A draft was in nobody's schedule.
"""

from typing import Final, Literal
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import APIRouter
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.folding.booking_state import BookingState
from contracts.representations import AnnouncementResponse
from query_api.announcements.calendar import ATTENDED_OR_PENDING, announcements_of
from query_api.announcements.filters import TIME_PARAMETERS, add_times
from query_api.announcements.lines import PAGE_COLUMNS, select_lines
from query_api.announcements.status_order import BY_TIME
from query_api.announcements.visibility import NOT_APART
from query_api.chats.rights import UNREAD_POSTS
from query_api.edge.paging import PAGE_PARAMETERS, Page, parse_sort, select_page, sort_parameter
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from query_api.edge.selecting import build
from query_api.edge.where import Where
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of

SCHEDULE: Final = f"""
    a.published AND {NOT_APART}
    AND a.announcement_id IN ({announcements_of("$2", ATTENDED_OR_PENDING)})
"""

FURTHER: Final = f"a.cancel_reason, {UNREAD_POSTS}"
"""Columns of an entry that follow those of a line."""

SORTS: Final = {BY_TIME.name: BY_TIME}

PARAMETERS: Final = (
    *TIME_PARAMETERS,
    sort_parameter(SORTS, "the earliest first; `-` reverses the order"),
    *PAGE_PARAMETERS,
)


class ScheduleEntry(Struct, frozen=True):
    """One announcement in the caller's schedule."""

    role: Literal["host", "guest"]
    state: BookingState | Literal["hosting"]
    cancelled: bool
    """Whether it will not take place. `state` is the one in which it was cancelled."""
    cancel_reason: str | None
    announcement: AnnouncementResponse
    unread_posts: int
    """In its chat, if the caller takes part in it."""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/schedule", **document(list[ScheduleEntry], PARAMETERS))
    async def get_schedule(request: Request) -> Response:
        """List what the caller hosts, attends or has pending, by time. What was cancelled is
        marked."""
        caller = await reads.authenticate(request)
        page = build_page(caller, request.query_params, reads.cell_zone)
        sql = select_lines(page.sql, language_of(request), FURTHER)
        rows, position = await reads.select(request, sql, *page.arguments, order=page.order)
        rows, headers = page.cut(request, rows)
        entries = [_represent_entry(row, caller) for row in rows]
        return answer(request, entries, position, headers=headers)

    return router


def build_page(caller: Caller, parameters: QueryParams, days_of: ZoneInfo) -> Page:
    """Return the page that the parameters ask for. Raises Malformed."""
    where = Where(False, caller.person_id)
    where.add(SCHEDULE)
    add_times(where, parameters, days_of)
    sort = parse_sort(parameters, SORTS, BY_TIME.name)
    columns = f"a.cancel_reason, {PAGE_COLUMNS}"
    return select_page(where, parameters, sort, columns, "a.announcement_id")._replace(line_id="id")


def _represent_entry(row: asyncpg.Record, caller: Caller) -> ScheduleEntry:
    line = build(AnnouncementResponse, row)
    hosting = line.author_id == caller.person_id
    return ScheduleEntry(
        "host" if hosting else "guest",
        "hosting" if hosting else row["my_state"],
        line.status == "Cancelled",
        row["cancel_reason"],
        line,
        row["unread_posts"],
    )
