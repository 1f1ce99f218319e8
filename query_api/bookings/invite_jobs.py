"""Serves how far the inviting of all followers is, to the author."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import InviteJobResponse
from query_api.announcements.rows import demand_author
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router
from runtime.http.parameters import path_id

LINES_MAX: Final = 100
SELECT_JOBS: Final = f"""
    SELECT * FROM invite_jobs WHERE announcement_id = $1
    ORDER BY created DESC, job_id LIMIT {LINES_MAX}
"""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/announcement/{announcement_id}/invites", **document(list[InviteJobResponse]))
    async def list_invite_jobs(request: Request) -> Response:
        """How far the inviting of all your followers to your evening is, the newest job first."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request) as snapshot:
            await demand_author(snapshot, caller, followed, announcement_id)
            rows = await snapshot.fetch_rows(SELECT_JOBS, announcement_id)
        jobs = [represent(InviteJobResponse, row) for row in rows]
        return answer(request, jobs, snapshot.position)

    return router
