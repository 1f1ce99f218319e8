"""Read model `ratings`: what the two sides of an evening said of each other.

Of a sealed review only its rater is told.
"""

from typing import Final

import asyncpg
import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import RatingResponse
from contracts.values.ids import AnnouncementId, PersonId
from query_api.edge.documented import documented
from query_api.edge.reads import Reads, answer, path_id
from runtime.http.api_route import ApiRoute

SELECT_SIDES: Final = """
    SELECT FROM read_model.announcements a
    JOIN read_model.bookings b USING (announcement_id)
    WHERE a.announcement_id = $1 AND b.state = 'confirmed'
      AND ((a.author_id = $2::uuid AND b.guest_id = $3::uuid)
           OR (a.author_id = $3::uuid AND b.guest_id = $2::uuid))
"""

SELECT_OF_PAIR: Final = """
    SELECT r.* FROM read_model.ratings r
    WHERE r.announcement_id = $1
      AND ((r.rater_id = $2::uuid AND r.ratee_id = $3::uuid)
           OR (r.rater_id = $3::uuid AND r.ratee_id = $2::uuid
               AND r.revealed_at IS NOT NULL AND NOT r.retracted))
"""


class PairRatings(Struct, frozen=True):
    """What the caller said of a person at an evening, and that person of the caller."""

    announcement_id: AnnouncementId
    user_id: PersonId
    given: RatingResponse | None
    received: RatingResponse | None
    """None while it is sealed, or where there is none."""


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get("/rating/{announcement_id}/{user_id}", **documented(PairRatings))
    async def get_rating_of_pair(request: Request) -> Response:
        """What the caller and the other side of an evening said of each other; the other
        side's word only once it is revealed."""
        caller = await reads.caller(request)
        sides = (path_id(request, "announcement_id"), caller.person_id, path_id(request, "user_id"))
        async with reads.snapshot(request) as snapshot:
            await snapshot.row(SELECT_SIDES, *sides)
            rows = await snapshot.rows(SELECT_OF_PAIR, *sides)
        said = {row["rater_id"]: _rating(row) for row in rows}
        pair = PairRatings(
            AnnouncementId(sides[0]),
            PersonId(sides[2]),
            given=said.get(caller.person_id),
            received=said.get(sides[2]),
        )
        return answer(request, pair, snapshot.position)

    return router


def _rating(row: asyncpg.Record) -> RatingResponse:
    return RatingResponse(
        review_id=row["review_id"],
        announcement_id=row["announcement_id"],
        rater_id=row["rater_id"],
        ratee_id=row["ratee_id"],
        role=row["role"],
        score=row["score"],
        text=row["text"],
        tags=msgspec.json.decode(row["tags"]),
        revealed=row["revealed_at"] is not None,
        retracted=row["retracted"],
        sealed_until=row["sealed_until"],
        created=row["created"],
        modified=row["modified"],
    )
