"""How a person and an evening are rated, how a score comes about, and how it drifted.

All of it from the votes in the history (ClickHouse), by the same function that writes the
scores in PostgreSQL. Everybody is told what was said, but not who said it or where: that
would say who was at which evening. The two sides know that anyway.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Forbidden
from contracts.events.rating import SCORE_MAX, SCORE_MIN
from contracts.scoring import PUBLISHED, Formula, distribution_of, explain, score_of
from contracts.values.ids import AnnouncementId, PersonId, ReviewId
from query_api.announcements.details import select_visible
from query_api.edge.documented import documented, one_of
from query_api.edge.history_reads import HistoryReads
from query_api.edge.moments import AS_OF, Moment, at_least, horizon_of, last_commit, moment_of
from query_api.edge.reads import Reads, Snapshot, answer, path_id
from query_api.ratings.drift import RatingDrift, drift_of
from query_api.ratings.lateness import Lateness, lateness_of, no_shows_of
from query_api.ratings.votes import Role, Said, counted, of_role, said_of, said_of_host_at
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.parameters import Parameter, malformed_parameter, min_position_of
from runtime.process.clock import Clock


class RoleScore(Struct, frozen=True):
    """`rating` is 0.0 where nobody rated."""

    rating: float
    rank: float
    """The lower bound of the rating; lists are ordered by it."""
    rating_count: int
    distribution: Sequence[int]
    """How often each score was given, from 1 to 10."""


class UserRating(Struct, frozen=True):
    """The counters stand beside the scores and never change them."""

    user_id: PersonId
    host: RoleScore
    guest: RoleScore
    overall: RoleScore
    """Of all ratings, whatever the role."""
    late_cancellations: int
    """Evenings that the person, confirmed, left less than 24 hours before they began."""
    no_shows: int
    """Revealed ratings of the person as guest that are tagged `no_show`."""
    late_calls_off: int
    """Own evenings called off less than 24 hours before, with somebody confirmed."""


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
    role: Role
    rating: float
    rank: float
    rating_count: int
    mean: float
    prior_contribution: float
    formula: Formula
    votes: Sequence[Contribution]


RECORDS_BEHIND_MAX: Final = 50_000
"""Behind the tables. A history that is being rebuilt has few votes yet: that somebody was
never rated is not to be told by it."""
ROLE: Final = Parameter("role", "`host` unless stated", one_of("host", "guest", "overall"))


def build_router(reads: Reads, history: HistoryReads, clock: Clock) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    async def position_of(request: Request, moment: Moment | None = None) -> int:
        """The position that an answer for the moment is as of, once the history will do.
        Raises ProjectionBehind and Unavailable."""
        async with reads.snapshot(request, at_least(moment)) as snapshot:
            horizon = await horizon_of(snapshot, moment)
            needed = await _needed(request, snapshot)
        # No connection to PostgreSQL waits for ClickHouse.
        if moment is not None:
            await history.reach(horizon.last_commit)
            return horizon.position
        reached = await history.reach(needed)
        if reached >= horizon.last_commit:
            return horizon.position
        return max(reached, min_position_of(request.query_params))

    @router.get("/announcement/{announcement_id}/rating", **documented(AnnouncementRating))
    async def get_rating_of_evening(request: Request) -> Response:
        """How the guests of an evening rated its host, for who may see the evening."""
        caller = await reads.caller(request)
        announcement_id = AnnouncementId(path_id(request, "announcement_id"))
        followed = await reads.followed_by(caller)
        async with reads.snapshot(request) as snapshot:
            found = await select_visible(snapshot, caller, followed, announcement_id)
        position = min(await position_of(request), snapshot.position)
        said = await said_of_host_at(history, found["author_id"], announcement_id, position)
        return answer(request, _of_evening(announcement_id, counted(said)), position)

    @router.get("/user/{user_id}/rating", **documented(UserRating, (AS_OF,)))
    async def get_rating_of_user(request: Request) -> Response:
        """How a person is rated, as host, as guest and overall, and how often they let
        others down late; `me` is the caller."""
        caller = await reads.caller(request)
        person_id = _person_id(request, caller)
        position = await position_of(request, _own_past(request, caller, person_id, clock))
        said = await said_of(history, person_id, position)
        content = _of_person(person_id, said, await lateness_of(history, person_id, position))
        return answer(request, content, position)

    @router.get("/user/{user_id}/rating/explain", **documented(ExplainedRating, (ROLE,)))
    async def explain_rating_of_user(request: Request) -> Response:
        """What each vote contributes to a score, newest first; `me` is the caller."""
        caller = await reads.caller(request)
        person_id, role = _person_id(request, caller), _role(request)
        position = await position_of(request)
        votes = counted(of_role(await said_of(history, person_id, position), role))
        named = caller.is_super or caller.person_id == person_id
        return answer(request, _explained(person_id, role, votes, named=named), position)

    @router.get("/user/{user_id}/rating/drift", **documented(RatingDrift, (ROLE, AS_OF)))
    async def get_rating_drift_of_user(request: Request) -> Response:
        """How a score came to be what it is, month by month; `me` is the caller."""
        caller = await reads.caller(request)
        person_id, role = _person_id(request, caller), _role(request)
        position = await position_of(request, _own_past(request, caller, person_id, clock))
        months = drift_of(await said_of(history, person_id, position), role)
        return answer(request, RatingDrift(person_id, role, months), position)

    return router


async def _needed(request: Request, snapshot: Snapshot) -> int:
    """The last command that an answer for now has to know of."""
    wanted = min_position_of(request.query_params)
    return await last_commit(snapshot, max(wanted, snapshot.position - RECORDS_BEHIND_MAX))


def _own_past(request: Request, caller: Caller, person_id: PersonId, clock: Clock) -> Moment | None:
    """`?as_of=`, for the person and super-users. To anybody else, position by position, it
    would say who left which evening, and who rated whom. Raises Forbidden, Malformed."""
    moment = moment_of(request.query_params, clock())
    if moment is not None and not (caller.is_super or caller.person_id == person_id):
        raise Forbidden
    return moment


def _person_id(request: Request, caller: Caller) -> PersonId:
    """Raises NotFound for what is no id."""
    if request.path_params["user_id"] == "me":
        return caller.person_id
    return PersonId(path_id(request, "user_id"))


def _role(request: Request) -> Role:
    """Raises Malformed."""
    match request.query_params.get("role"):
        case None | "host":
            return "host"
        case "guest":
            return "guest"
        case "overall":
            return "overall"
        case _:
            raise malformed_parameter("role", known=["host", "guest", "overall"])


def _of_person(person_id: PersonId, said: Sequence[Said], late: Lateness) -> UserRating:
    """Of a person of whom nothing is known: unrated."""
    votes = counted(said)
    return UserRating(
        person_id,
        host=_role_score(of_role(votes, "host")),
        guest=_role_score(of_role(votes, "guest")),
        overall=_role_score(votes),
        late_cancellations=late.late_cancellations,
        no_shows=no_shows_of(said),
        late_calls_off=late.late_calls_off,
    )


def _role_score(votes: Sequence[Said]) -> RoleScore:
    score = score_of(one.vote for one in votes)
    return RoleScore(score.rating, score.rank, score.count, _distribution(votes))


def _distribution(votes: Sequence[Said]) -> list[int]:
    return distribution_of((one.score for one in votes), SCORE_MIN, SCORE_MAX)


def _of_evening(announcement_id: AnnouncementId, votes: Sequence[Said]) -> AnnouncementRating:
    mean = round(sum(one.score for one in votes) / len(votes), 1) if votes else 0.0
    return AnnouncementRating(announcement_id, mean, len(votes), _distribution(votes))


def _explained(
    person_id: PersonId, role: Role, votes: Sequence[Said], *, named: bool
) -> ExplainedRating:
    explained = explain(one.vote for one in votes)
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
                score=one.score,
                given_at=one.given_at,
                weight=part.weight,
                contribution=part.contribution,
                **_source(one, named=named),
            )
            for one, part in zip(votes, explained.parts, strict=True)
        ],
    )


def _source(one: Said, *, named: bool) -> dict[str, Any]:
    names = ("review_id", "announcement_id", "rater_id")
    return {name: getattr(one, name) if named else None for name in names}
