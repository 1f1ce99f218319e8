"""Lists what the author of an announcement wrote to its guests, or is going to."""

from typing import Final

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.broadcast import STATES_OF
from contracts.representations import BroadcastResponse
from query_api.announcements.rows import demand_author
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router
from runtime.http.parameters import path_id

LINES_MAX: Final = 1_000
"""More than the rules of any cell allow for one announcement."""

_STATES: Final = ", ".join(
    f"('{word}', '{state}')" for word, states in STATES_OF.items() for state in states
)
SELECT_BROADCASTS: Final = f"""
    SELECT b.*, string_to_array(b.audience, ',') AS "to",
        CASE b.state WHEN 'planned' THEN coalesce(
            b.at, a.event_time - make_interval(mins => b.before_start_min)) END AS due_at,
        (SELECT count(*) FROM bookings g
         WHERE b.state = 'planned' AND g.announcement_id = b.announcement_id
           AND g.state IN (SELECT s.state FROM (VALUES {_STATES}) AS s (word, state)
                           WHERE s.word = ANY(string_to_array(b.audience, ',')))) AS would_reach
    FROM broadcasts b JOIN announcements a USING (announcement_id)
    WHERE b.announcement_id = $1
    ORDER BY b.created DESC, b.broadcast_id LIMIT {LINES_MAX}
"""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/announcement/{announcement_id}/broadcasts", **document(list[BroadcastResponse]))
    async def list_broadcasts(request: Request) -> Response:
        """What the author wrote to the guests, newest first; for the author alone. For a planned
        one `reaches` is as of now."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request) as snapshot:
            await demand_author(snapshot, caller, followed, announcement_id)
            rows = await snapshot.fetch_rows(SELECT_BROADCASTS, announcement_id)
        return answer(request, [_represent(row) for row in rows], snapshot.position)

    return router


def _represent(row: asyncpg.Record) -> BroadcastResponse:
    reaches = row["would_reach"] if row["state"] == "planned" else row["reaches"]
    return represent(BroadcastResponse, row, reaches=reaches)
