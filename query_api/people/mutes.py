"""Lists the authors whom the caller has muted. Nobody else sees them."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.ids import PersonId
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router

LINES_MAX: Final = 1_000

SELECT_MUTES: Final = f"""
    SELECT m.host_id, author.name, m.since
    FROM read_model.mutes m
    LEFT JOIN read_model.people author ON author.person_id = m.host_id
    WHERE m.person_id = $1 AND m.muted
    ORDER BY m.since DESC, m.host_id LIMIT {LINES_MAX}
"""


class Mute(Struct, frozen=True):
    """An author of whom the caller wants to hear no more."""

    user_id: PersonId
    name: str
    """Empty if nothing is known of them."""
    since: datetime


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/mutes", **document(list[Mute]))
    async def list_mutes(request: Request) -> Response:
        """The authors whom the caller has muted, newest first. Nobody else sees this."""
        caller = await reads.authenticate(request)
        async with reads.open_snapshot(request) as snapshot:
            rows = await snapshot.fetch_rows(SELECT_MUTES, caller.person_id)
        lines = [Mute(row["host_id"], row["name"] or "", row["since"]) for row in rows]
        return answer(request, lines, snapshot.position)

    return router
