"""Read models `ratings` and `scores`: of a pair, of an evening, of a person, and why.

Of a sealed review only its rater is told. Of revealed ones everybody is told the scores,
but not who gave them or where: that would say who was at which evening. The two sides
know that anyway.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.ids import AnnouncementId, PersonId, ReviewId
from contracts.rating_events import SCORE_MAX, SCORE_MIN
from contracts.representations import RatingResponse
from contracts.scoring import PUBLISHED, Explanation, Formula, Vote, distribution_of, explain
from query_api.announcements import select_visible
from query_api.documented import Parameter, documented, one_of
from query_api.filters import given, malformed
from query_api.reading import Reads, Snapshot, answer, path_id
from runtime.tokens import Caller

COUNTED: Final = "r.revealed_at IS NOT NULL AND NOT r.retracted"

SELECT_SIDES: Final = """
    SELECT FROM read_model.announcements a
    JOIN read_model.bookings b USING (announcement_id)
    WHERE a.announcement_id = $1 AND b.state = 'confirmed'
      AND ((a.author_id = $2::uuid AND b.guest_id = $3::uuid)
           OR (a.author_id = $3::uuid AND b.guest_id = $2::uuid))
"""

SELECT_OF_PAIR: Final = f"""
    SELECT r.* FROM read_model.ratings r
    WHERE r.announcement_id = $1
      AND ((r.rater_id = $2::uuid AND r.ratee_id = $3::uuid)
           OR (r.rater_id = $3::uuid AND r.ratee_id = $2::uuid AND {COUNTED}))
"""

SELECT_OF_PERSON: Final = f"""
    SELECT r.* FROM read_model.ratings r
    WHERE r.ratee_id = $1 AND {COUNTED} AND ($2::text IS NULL OR r.role = $2)
    ORDER BY r.created DESC, r.review_id
"""

SELECT_OF_EVENING: Final = f"""
    SELECT r.score FROM read_model.ratings r
    WHERE r.announcement_id = $1 AND r.role = 'host' AND {COUNTED}
"""

SELECT_SCORES: Final = "SELECT * FROM read_model.scores WHERE person_id = $1"

SELECT_DISTRIBUTION: Final = f"""
    SELECT r.role, r.score FROM read_model.ratings r WHERE r.ratee_id = $1 AND {COUNTED}
"""


class PairRatings(Struct, frozen=True):
    """What the caller said of a person at an evening, and that person of the caller."""

    announcement_id: AnnouncementId
    user_id: PersonId
    given: RatingResponse | None
    received: RatingResponse | None
    """None while it is sealed, or where there is none."""


class RoleScore(Struct, frozen=True):
    """`rating` is 0.0 where nobody rated."""

    rating: float
    rank: float
    """The lower bound of the rating; lists are ordered by it."""
    rating_count: int
    distribution: Sequence[int]
    """How often each score was given, from 1 to 10."""


class UserRating(Struct, frozen=True):
    user_id: PersonId
    host: RoleScore
    guest: RoleScore
    overall: RoleScore
    """Of all ratings, whatever the role."""


class AnnouncementRating(Struct, frozen=True):
    """The plain mean of what the guests of an evening said of its host."""

    announcement_id: AnnouncementId
    rating: float
    rating_count: int
    distribution: Sequence[int]


class Contribution(Struct, frozen=True, kw_only=True):
    """One vote, and what it adds to the mean. Where it comes from is told to the rated
    person only."""

    score: int
    given_at: datetime
    weight: float
    contribution: float
    review_id: ReviewId | None
    announcement_id: AnnouncementId | None
    rater_id: PersonId | None


class ExplainedRating(Struct, frozen=True, kw_only=True):
    """`prior_contribution` and the contributions of the votes add up to `mean`, of which
    `rating` is the rounded value; it is 0.0 where nobody rated."""

    user_id: PersonId
    role: Literal["host", "guest", "overall"]
    rating: float
    rank: float
    rating_count: int
    mean: float
    prior_contribution: float
    formula: Formula
    votes: Sequence[Contribution]


REPRESENTATIONS: Final = (PairRatings, UserRating, AnnouncementRating, ExplainedRating)
ROLE: Final = Parameter("role", "`host` unless stated", one_of("host", "guest", "overall"))


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

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

    @router.get("/announcement/{announcement_id}/rating", **documented(AnnouncementRating))
    async def get_rating_of_evening(request: Request) -> Response:
        """How the guests of an evening rated its host, for who may see the evening."""
        caller = await reads.caller(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.followed_by(caller)
        async with reads.snapshot(request) as snapshot:
            await select_visible(snapshot, caller, followed, announcement_id)
            rows = await snapshot.rows(SELECT_OF_EVENING, announcement_id)
        content = _of_evening(AnnouncementId(announcement_id), [row["score"] for row in rows])
        return answer(request, content, snapshot.position)

    @router.get("/user/{user_id}/rating", **documented(UserRating))
    async def get_rating_of_user(request: Request) -> Response:
        """How a person is rated, as host, as guest and overall; `me` is the caller."""
        caller = await reads.caller(request)
        person_id = _person_id(request, caller)
        async with reads.snapshot(request) as snapshot:
            content = await _of_person(snapshot, person_id)
        return answer(request, content, snapshot.position)

    @router.get("/user/{user_id}/rating/explain", **documented(ExplainedRating, (ROLE,)))
    async def explain_rating_of_user(request: Request) -> Response:
        """What each vote contributes to a score, newest first; `me` is the caller."""
        caller = await reads.caller(request)
        person_id = _person_id(request, caller)
        role = _role(request)
        async with reads.snapshot(request) as snapshot:
            rows = await snapshot.rows(
                SELECT_OF_PERSON, person_id, None if role == "overall" else role
            )
        named = caller.is_super or caller.person_id == person_id
        return answer(request, _explained(person_id, role, rows, named=named), snapshot.position)

    return router


def _person_id(request: Request, caller: Caller) -> PersonId:
    if request.path_params["user_id"] == "me":
        return caller.person_id
    return PersonId(path_id(request, "user_id"))


def _role(request: Request) -> Literal["host", "guest", "overall"]:
    """Raises Malformed."""
    match given(request.query_params, "role"):
        case None | "host":
            return "host"
        case "guest":
            return "guest"
        case "overall":
            return "overall"
        case _:
            raise malformed("role")


async def _of_person(snapshot: Snapshot, person_id: PersonId) -> UserRating:
    """Of a person of whom nothing is known: unrated."""
    scores = await snapshot.rows(SELECT_SCORES, person_id)
    votes = await snapshot.rows(SELECT_DISTRIBUTION, person_id)

    def of(role: str) -> RoleScore:
        given_scores = [row["score"] for row in votes if role in ("overall", row["role"])]
        distribution = distribution_of(given_scores, SCORE_MIN, SCORE_MAX)
        if not scores:
            return RoleScore(0.0, 0.0, 0, distribution)
        row = scores[0]
        return RoleScore(
            row[f"{role}_rating"], row[f"{role}_rank"], row[f"{role}_rating_count"], distribution
        )

    return UserRating(person_id, of("host"), of("guest"), of("overall"))


def _of_evening(announcement_id: AnnouncementId, scores: Sequence[int]) -> AnnouncementRating:
    mean = round(sum(scores) / len(scores), 1) if scores else 0.0
    distribution = distribution_of(scores, SCORE_MIN, SCORE_MAX)
    return AnnouncementRating(announcement_id, mean, len(scores), distribution)


def _explained(
    person_id: PersonId,
    role: Literal["host", "guest", "overall"],
    rows: Sequence[asyncpg.Record],
    *,
    named: bool,
) -> ExplainedRating:
    explained: Explanation = explain([Vote(row["score"], row["created"]) for row in rows])
    return ExplainedRating(
        user_id=person_id,
        role=role,
        rating=explained.score.rating,
        rank=explained.score.rank,
        rating_count=explained.score.count,
        mean=explained.mean,
        prior_contribution=explained.prior.contribution,
        formula=PUBLISHED,
        votes=[
            Contribution(
                score=row["score"],
                given_at=row["created"],
                weight=part.weight,
                contribution=part.contribution,
                **_source(row, named=named),
            )
            for row, part in zip(rows, explained.parts, strict=True)
        ],
    )


def _source(row: asyncpg.Record, *, named: bool) -> dict[str, Any]:
    names = ("review_id", "announcement_id", "rater_id")
    return {name: row[name] if named else None for name in names}


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
