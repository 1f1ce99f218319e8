"""Lists what operators did, for operators."""

from operator import attrgetter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from query_api.acts.listing import (
    BEFORE_ALL,
    OperatorAct,
    fetch_acts,
    fetch_acts_on_people,
    merge_acts,
    parse_cursor,
)
from query_api.edge.history_reads import HistoryReads
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from runtime.auth.operators import OperatorGuard
from runtime.http.paging import CURSOR, LIMIT, cut_page, read_page
from runtime.http.parameters import min_position_of


def build_router(reads: Reads, guard: OperatorGuard, history: HistoryReads | None) -> APIRouter:
    """Return the route. Without a `history`, what operators did to people is not listed."""
    router = new_router()

    @router.get("/operator/acts", tags=["operator"], **document(list[OperatorAct], (LIMIT, CURSOR)))
    async def list_acts(request: Request) -> Response:
        """What operators did, newest first: who, when, what, to what, and what stood before and
        after. Moderation, erasures, notices, dead letters, rebuilds, formulas and renewals of the
        journal."""
        guard.require(request)
        limit, after = read_page(request.query_params, parse_cursor, BEFORE_ALL)
        if history is not None:
            await history.reach(min_position_of(request.query_params))
        async with reads.open_snapshot(request) as snapshot:
            found = await fetch_acts(snapshot, after, limit + 1)
        # The snapshot is closed: no connection to PostgreSQL waits for ClickHouse.
        if history is not None:
            on_people = await fetch_acts_on_people(history, after, limit + 1)
            found = merge_acts(found, on_people, limit=limit + 1)
        acts = [act for _, act in found]
        shown, headers = cut_page(request, acts, limit, attrgetter("id"))
        return answer(request, shown, snapshot.position, headers=headers)

    return router
