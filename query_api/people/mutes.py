"""Whom the caller has muted: for the caller alone."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.ids import PersonId
from query_api.edge.documented import documented
from query_api.edge.reads import Reads, answer
from runtime.http.api_route import ApiRoute

LINES_MAX: Final = 1_000

SELECT_MUTES: Final = f"""
    SELECT m.host_id, host.name, m.since
    FROM read_model.mutes m
    LEFT JOIN read_model.people host ON host.person_id = m.host_id
    WHERE m.person_id = $1 AND m.muted
    ORDER BY m.since DESC, m.host_id LIMIT {LINES_MAX}
"""


class Mute(Struct, frozen=True):
    """A host of whom the caller wants to hear no more."""

    user_id: PersonId
    name: str
    """Empty if nothing is known of them."""
    since: datetime


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get("/mutes", **documented(list[Mute]))
    async def list_mutes(request: Request) -> Response:
        """The hosts whom the caller has muted, newest first. Nobody else sees this."""
        caller = await reads.caller(request)
        async with reads.snapshot(request) as snapshot:
            rows = await snapshot.rows(SELECT_MUTES, caller.person_id)
        lines = [Mute(row["host_id"], row["name"] or "", row["since"]) for row in rows]
        return answer(request, lines, snapshot.position)

    return router
