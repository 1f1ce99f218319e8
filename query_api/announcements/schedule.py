"""Serves the caller's schedule: what they announced, attend or have pending, by time."""

from typing import Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.booking_state import BookingState
from contracts.representations import AnnouncementResponse
from query_api.announcements.calendar import ATTENDED_OR_PENDING, announcements_of
from query_api.announcements.filters import TIME_PARAMETERS, add_times
from query_api.announcements.rows import COLUMNS, MY_STATE, represent_line
from query_api.announcements.visibility import NOT_PRIVATE
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from query_api.edge.where import Where
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of

ENTRIES_MAX: Final = 500

SCHEDULE: Final = f"""
    {NOT_PRIVATE}
    AND a.announcement_id IN ({announcements_of("$2", ATTENDED_OR_PENDING)})
"""

SELECT: Final = f"""
    SELECT {MY_STATE}, {COLUMNS} WHERE {{where}}
    ORDER BY a.event_time, a.announcement_id LIMIT {ENTRIES_MAX}
"""


class ScheduleEntry(Struct, frozen=True):
    """One announcement in the caller's schedule."""

    role: Literal["host", "guest"]
    state: BookingState | Literal["hosting"]
    announcement: AnnouncementResponse


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/schedule", **document(list[ScheduleEntry], TIME_PARAMETERS))
    async def get_schedule(request: Request) -> Response:
        """List what the caller hosts, attends or has pending, by time; 500 at most."""
        caller = await reads.authenticate(request)
        where = build_where(caller, request.query_params, reads.days_of)
        async with reads.open_snapshot(request) as snapshot:
            rows = await snapshot.fetch_rows(SELECT.format(where=where.sql), *where.arguments)
        language = language_of(request)
        entries = [
            ScheduleEntry(
                "host" if row["author_id"] == caller.person_id else "guest",
                "hosting" if row["author_id"] == caller.person_id else row["my_state"],
                represent_line(row, language),
            )
            for row in rows
        ]
        return answer(request, entries, snapshot.position)

    return router


def build_where(caller: Caller, parameters: QueryParams, days_of: ZoneInfo) -> Where:
    """Return the condition for SELECT. Raises Malformed."""
    where = Where(False, caller.person_id)
    where.add(SCHEDULE)
    add_times(where, parameters, days_of)
    return where
