"""Lists the people whom the caller has blocked. Nobody else sees them."""

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

SELECT_BLOCKS: Final = f"""
    SELECT b.blocked_id, other.name, b.since
    FROM read_model.blocks b
    LEFT JOIN read_model.people other ON other.person_id = b.blocked_id
    WHERE b.person_id = $1 AND b.blocked
    ORDER BY b.since DESC, b.blocked_id LIMIT {LINES_MAX}
"""


class BlockedPerson(Struct, frozen=True):
    """Somebody with whom the caller wants nothing to do."""

    user_id: PersonId
    name: str
    """Empty if nothing is known of them."""
    since: datetime


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/blocks", **document(list[BlockedPerson]))
    async def list_blocks(request: Request) -> Response:
        """The people whom the caller has blocked, newest first. Nobody else sees this."""
        caller = await reads.authenticate(request)
        async with reads.open_snapshot(request) as snapshot:
            rows = await snapshot.fetch_rows(SELECT_BLOCKS, caller.person_id)
        lines = [BlockedPerson(row["blocked_id"], row["name"] or "", row["since"]) for row in rows]
        return answer(request, lines, snapshot.position)

    return router
