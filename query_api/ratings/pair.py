"""Serves the ratings that the two sides of a booking gave each other.

A sealed rating is shown to its rater only.
"""

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import RatingResponse
from contracts.values.ids import AnnouncementId, PersonId
from query_api.announcements.visibility import NOT_APART
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router
from runtime.http.parameters import path_id

SELECT_SIDES: Final = """
    SELECT FROM announcements a
    JOIN bookings b USING (announcement_id)
    WHERE a.announcement_id = $1 AND b.state = 'confirmed'
      AND ((a.author_id = $2::uuid AND b.guest_id = $3::uuid)
           OR (a.author_id = $3::uuid AND b.guest_id = $2::uuid))
"""

SELECT_OF_PAIR: Final = """
    SELECT r.* FROM ratings r
    WHERE r.announcement_id = $1
      AND ((r.rater_id = $2::uuid AND r.ratee_id = $3::uuid)
           OR (r.rater_id = $3::uuid AND r.ratee_id = $2::uuid
               AND r.revealed_at IS NOT NULL AND NOT r.retracted))
"""


SELECT_INVOLVED: Final = f"""
    SELECT FROM announcements a
    WHERE a.announcement_id = $1 AND (
        a.author_id = $2::uuid
        OR (a.status <> 'Created' AND EXISTS (
            SELECT FROM bookings b
            WHERE b.announcement_id = $1 AND b.guest_id = $2::uuid AND NOT b.untold)))
      AND {NOT_APART}
"""

SELECT_OF_CALLER: Final = """
    SELECT r.* FROM ratings r
    WHERE r.announcement_id = $1
      AND (r.rater_id = $2::uuid
           OR (r.ratee_id = $2::uuid AND r.revealed_at IS NOT NULL AND NOT r.retracted))
    ORDER BY r.created, r.review_id
"""


class OwnRatings(Struct, frozen=True):
    """What the caller gave and received for one announcement. A rating that the caller received is
    shown once it is revealed."""

    announcement_id: AnnouncementId
    given: Sequence[RatingResponse]
    received: Sequence[RatingResponse]


class PairRatings(Struct, frozen=True):
    """The caller's rating of a person for an announcement, and that person's of the caller."""

    announcement_id: AnnouncementId
    user_id: PersonId
    given: RatingResponse | None
    received: RatingResponse | None
    """None while it is sealed, or if there is none."""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    # Before the route of a pair, which would take `me` for a person.
    @router.get("/rating/{announcement_id}/me", **document(OwnRatings))
    async def get_own_ratings(request: Request) -> Response:
        """What the caller gave and received for an announcement that they made or have a booking
        for."""
        caller = await reads.authenticate(request)
        of_caller = (path_id(request, "announcement_id"), caller.person_id)
        async with reads.open_snapshot(request) as snapshot:
            await snapshot.fetch_row(SELECT_INVOLVED, *of_caller)
            rows = await snapshot.fetch_rows(SELECT_OF_CALLER, *of_caller)
        found = [_represent_rating(row) for row in rows]
        own = OwnRatings(
            AnnouncementId(of_caller[0]),
            given=[one for one in found if one.rater_id == caller.person_id],
            received=[one for one in found if one.ratee_id == caller.person_id],
        )
        return answer(request, own, snapshot.position)

    @router.get("/rating/{announcement_id}/{user_id}", **document(PairRatings))
    async def get_rating_of_pair(request: Request) -> Response:
        """How the caller and the other side of a booking rated each other. The other side's
        rating is shown once it is revealed."""
        caller = await reads.authenticate(request)
        sides = (path_id(request, "announcement_id"), caller.person_id, path_id(request, "user_id"))
        async with reads.open_snapshot(request) as snapshot:
            await snapshot.fetch_row(SELECT_SIDES, *sides)
            rows = await snapshot.fetch_rows(SELECT_OF_PAIR, *sides)
        ratings = {row["rater_id"]: _represent_rating(row) for row in rows}
        pair = PairRatings(
            AnnouncementId(sides[0]),
            PersonId(sides[2]),
            given=ratings.get(caller.person_id),
            received=ratings.get(sides[2]),
        )
        return answer(request, pair, snapshot.position)

    return router


def _represent_rating(row: asyncpg.Record) -> RatingResponse:
    tags, revealed = msgspec.json.decode(row["tags"]), row["revealed_at"] is not None
    return represent(RatingResponse, row, tags=tags, revealed=revealed)
