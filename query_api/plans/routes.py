"""Serves the caller's plans and free times. Nobody else sees them."""

from typing import Final

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.plans.representations import (
    FreeTimesResponse,
    PlanResponse,
    represent_free_times,
    represent_wished_times,
)
from contracts.values.ids import PersonId
from contracts.values.languages import Language, Text
from contracts.values.zones import HOME_ZONE
from query_api.edge.reads import Reads, TableSnapshot
from query_api.edge.routes import answer, document, new_router
from query_api.plans.fitting import read_texts
from runtime.http.negotiation import language_of
from runtime.http.parameters import path_id

LINES_MAX: Final = 1_000
ORDER: Final = "modified DESC, movie_id"

SELECT_PLANS: Final = f"""
    SELECT movie_id, movie_title, movie_title_ru, duration_min, times, places, modified
    FROM plans WHERE person_id = $1 AND planned
    ORDER BY {ORDER} LIMIT {LINES_MAX}
"""
SELECT_PLAN: Final = """
    SELECT movie_id, movie_title, movie_title_ru, duration_min, times, places, modified
    FROM plans WHERE plan_id = $1 AND planned
"""
SELECT_FREE_TIMES: Final = """
    SELECT tz, times, modified FROM free_times WHERE person_id = $1
"""
SELECT_ZONE: Final = "SELECT tz FROM people WHERE person_id = $1"


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/plan", **document(list[PlanResponse]))
    async def list_plans(request: Request) -> Response:
        """The films that the caller has planned, the last changed first."""
        caller = await reads.authenticate(request)
        rows, position = await reads.select(request, SELECT_PLANS, caller.person_id, order=ORDER)
        plans = [_represent_plan(row, language_of(request)) for row in rows]
        return answer(request, plans, position)

    @router.get("/plan/{movie_id}", **document(PlanResponse))
    async def get_plan(request: Request) -> Response:
        """The caller's plan for one film."""
        caller = await reads.authenticate(request)
        plan_id = f"{caller.person_id}:{path_id(request, 'movie_id')}"
        rows, position = await reads.select(request, SELECT_PLAN, plan_id)
        if not rows:
            raise NotFound
        return answer(request, _represent_plan(rows[0], language_of(request)), position)

    @router.get("/free-times", **document(FreeTimesResponse))
    async def get_free_times(request: Request) -> Response:
        """When the caller is free, as they have said."""
        caller = await reads.authenticate(request)
        async with reads.open_snapshot(request) as snapshot:
            free_times = await _fetch_free_times(snapshot, caller.person_id)
        return answer(request, free_times, snapshot.position)

    return router


async def _fetch_free_times(snapshot: TableSnapshot, person_id: PersonId) -> FreeTimesResponse:
    """Return the free times; none, in the person's own zone, if they have never said them."""
    rows = await snapshot.fetch_rows(SELECT_FREE_TIMES, person_id)
    if rows:
        return represent_free_times(
            rows[0]["tz"], read_texts(rows[0]["times"]), rows[0]["modified"]
        )
    tz = await snapshot.connection.fetchval(SELECT_ZONE, person_id)
    return represent_free_times(tz or HOME_ZONE, (), None)


def _represent_plan(row: asyncpg.Record, language: Language) -> PlanResponse:
    title = Text(en=row["movie_title"], ru=row["movie_title_ru"])
    return PlanResponse(
        movie_id=row["movie_id"],
        movie_title=title.in_language(language),
        duration_min=row["duration_min"],
        times=represent_wished_times(read_texts(row["times"])),
        places=read_texts(row["places"]),
        modified=row["modified"],
    )
