"""Lists what operators did, for operators."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed
from query_api.acts.listing import (
    BEFORE_ALL,
    ActCursor,
    OperatorAct,
    cut,
    fetch_acts,
    parse_cursor,
)
from query_api.edge.history_reads import HistoryReads
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from runtime.auth.operators import OperatorGuard
from runtime.http.paging import CURSOR, LIMIT, next_page_headers, parse_limit
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
        limit, after = parse_limit(request.query_params), _parse_cursor(request)
        if history is not None:
            await history.reach(min_position_of(request.query_params))
        async with reads.open_snapshot(request) as snapshot:
            found = await fetch_acts(snapshot, history, after, limit + 1)
        acts, more = cut(found, limit)
        headers = {} if more is None else next_page_headers(request, more)
        return answer(request, acts, snapshot.position, headers=headers)

    return router


def _parse_cursor(request: Request) -> ActCursor:
    """Return where the list goes on. Raises Malformed."""
    given = request.query_params.get(CURSOR.name)
    found = BEFORE_ALL if given is None else parse_cursor(given)
    if found is None:
        raise Malformed("malformed_cursor")
    return found
