"""A person's own schedule: hosting, attending and pending, in the order of time."""

from typing import Final, Literal

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.booking_state import BookingState
from contracts.representations import AnnouncementResponse
from query_api.announcements import COLUMNS, list_line
from query_api.documented import documented
from query_api.filters import FILTERS, Where
from query_api.reading import Reads, answer
from runtime.http import language_of

ENTRIES_MAX: Final = 500

SCHEDULE: Final = """
    a.status IN ('Alive', 'Closed', 'Done') AND (
        a.author_id = $2::uuid
        OR a.announcement_id IN (
            SELECT announcement_id FROM read_model.bookings
            WHERE guest_id = $2::uuid
              AND state IN ('requested', 'waitlisted', 'invited', 'offered', 'confirmed')))
"""

MY_STATE: Final = """
    (SELECT b.state FROM read_model.bookings b
     WHERE b.announcement_id = a.announcement_id AND b.guest_id = $2::uuid) AS my_state
"""


class ScheduleEntry(Struct, frozen=True):
    """One evening of the caller's."""

    role: Literal["host", "guest"]
    state: BookingState | Literal["hosting"]
    announcement: AnnouncementResponse


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/schedule",
        **documented(
            list[ScheduleEntry],
            (("date_from", "from this instant on"), ("date_to", "before this instant")),
        ),
    )
    async def get_schedule(request: Request) -> Response:
        """The caller's evenings, hosting, attending and pending, by time; 500 at most."""
        caller = await reads.caller(request)
        where = Where(False, caller.person_id)
        where.add(SCHEDULE)
        for name in ("date_from", "date_to"):
            if (text := request.query_params.get(name)) is not None:
                parse, condition = FILTERS[name]
                where.add(condition, parse(text, name))
        sql = (
            f"SELECT {MY_STATE}, {COLUMNS} WHERE {where.sql} "
            f"ORDER BY a.event_time, a.announcement_id LIMIT {ENTRIES_MAX}"
        )
        async with reads.snapshot(request) as snapshot:
            rows = await snapshot.rows(sql, *where.arguments)
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
