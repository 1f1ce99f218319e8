"""A person's own schedule: hosting, attending and pending, in the order of time."""

from typing import Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.booking_state import BookingState
from contracts.representations import AnnouncementResponse
from query_api.announcements.calendar import ATTENDED_OR_PENDING, evenings_of
from query_api.announcements.details import COLUMNS, MY_STATE, list_line
from query_api.announcements.filters import TIME_PARAMETERS, add_times
from query_api.edge.documented import documented
from query_api.edge.reads import Reads, answer
from query_api.edge.where import Where
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.negotiation import language_of

ENTRIES_MAX: Final = 500

SCHEDULE: Final = f"""
    a.status IN ('Alive', 'Closed', 'Done')
    AND a.announcement_id IN ({evenings_of("$2", ATTENDED_OR_PENDING)})
"""

SELECT: Final = f"""
    SELECT {MY_STATE}, {COLUMNS} WHERE {{where}}
    ORDER BY a.event_time, a.announcement_id LIMIT {ENTRIES_MAX}
"""


class ScheduleEntry(Struct, frozen=True):
    """One evening of the caller's."""

    role: Literal["host", "guest"]
    state: BookingState | Literal["hosting"]
    announcement: AnnouncementResponse


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get(
        "/schedule",
        **documented(
            list[ScheduleEntry],
            TIME_PARAMETERS,
        ),
    )
    async def get_schedule(request: Request) -> Response:
        """The caller's evenings, hosting, attending and pending, by time; 500 at most."""
        caller = await reads.caller(request)
        where = schedule_of(caller, request.query_params, reads.days_of)
        async with reads.snapshot(request) as snapshot:
            rows = await snapshot.rows(SELECT.format(where=where.sql), *where.arguments)
        language = language_of(request)
        entries = [
            ScheduleEntry(
                "host" if row["author_id"] == caller.person_id else "guest",
                "hosting" if row["author_id"] == caller.person_id else row["my_state"],
                list_line(row, language),
            )
            for row in rows
        ]
        return answer(request, entries, snapshot.position)

    return router


def schedule_of(caller: Caller, parameters: QueryParams, days_of: ZoneInfo) -> Where:
    """What SELECT is to select. Raises Malformed."""
    where = Where(False, caller.person_id)
    where.add(SCHEDULE)
    add_times(where, parameters, days_of)
    return where
