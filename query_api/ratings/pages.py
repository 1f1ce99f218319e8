"""Serves scores: of an announcement and of a person, explained, and month by month.

All of them are computed from the votes in the history (ClickHouse), by the function that also
computes the scores in PostgreSQL. Everybody learns how somebody was rated. Only the rated person
and super-users learn by whom and for which announcement: to others it would tell who was where.
"""

from typing import Final, NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Forbidden
from contracts.values.ids import AnnouncementId, PersonId
from query_api.announcements.rows import fetch_visible
from query_api.edge.moments import (
    AS_OF,
    Horizon,
    Moment,
    find_horizon,
    find_last_commit,
    least_position,
    parse_moment,
)
from query_api.edge.parameters import one_of
from query_api.edge.reads import Reads, TableSnapshot
from query_api.edge.routes import answer, document, new_router
from query_api.people.apart import fetch_apart
from query_api.people.names import fetch_names
from query_api.ratings.drift import RatingDrift, compute_drift
from query_api.ratings.lateness import fetch_lateness
from query_api.ratings.representations import (
    AnnouncementRating,
    ExplainedRating,
    UserRating,
    explain_rating,
    represent_announcement,
    represent_person,
)
from query_api.ratings.votes import (
    Role,
    drop_retracted,
    fetch_author_ratings_at,
    fetch_ratings,
    select_role,
)
from runtime.auth.tokens import Caller
from runtime.http.parameters import (
    Parameter,
    malformed_parameter,
    min_position_of,
    path_id,
    path_person,
)

NOBODY: Final = PersonId("00000000-0000-0000-0000-000000000000")
RECORDS_BEHIND_MAX: Final = 50_000
"""How far the history may be behind the tables. A history that is being rebuilt has few votes
yet: people would seem never to have been rated."""
ROLE: Final = Parameter("role", "`host` unless stated", one_of("host", "guest", "overall"))


class Goal(NamedTuple):
    """How far the history should be for an answer."""

    horizon: Horizon
    wanted: int
    """The request's `min_position`."""
    needed: int
    """Position of the last Commit that the answer must include."""


class Rated(NamedTuple):
    """The person whose ratings an answer shows."""

    person_id: PersonId
    name: str
    """Today's. Empty if nothing is known of them."""
    position: int
    """The position that the answer reflects."""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()
    history = reads.history

    @router.get("/announcement/{announcement_id}/rating", **document(AnnouncementRating))
    async def get_rating_of_evening(request: Request) -> Response:
        """How the guests of an announcement rated its author, for anyone who may see the
        announcement."""
        caller = await reads.authenticate(request)
        announcement_id = AnnouncementId(path_id(request, "announcement_id"))
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request) as snapshot:
            found = await fetch_visible(snapshot, caller, followed, announcement_id)
            goal = await _find_goal(request, snapshot)
        position = await _reach_position(reads, goal)
        ratings = await fetch_author_ratings_at(
            history, found["author_id"], announcement_id, position
        )
        content = represent_announcement(announcement_id, drop_retracted(ratings))
        return answer(request, content, position)

    @router.get("/user/{user_id}/rating", **document(UserRating, (AS_OF,)))
    async def get_rating_of_user(request: Request) -> Response:
        """A person's name, how they are rated, as author, as guest and overall, and how often they
        let others down late; `me` is the caller."""
        caller = await reads.authenticate(request)
        person_id = path_person(request, caller.person_id)
        moment = _parse_own_moment(request, reads, caller, person_id)
        rated = await _reach_person(request, reads, caller, person_id, moment)
        ratings = await fetch_ratings(history, rated.person_id, rated.position)
        late = await fetch_lateness(history, rated.person_id, rated.position)
        content = represent_person(person_id, rated.name, ratings, late)
        return answer(request, content, rated.position)

    @router.get("/user/{user_id}/rating/explain", **document(ExplainedRating, (ROLE,)))
    async def explain_rating_of_user(request: Request) -> Response:
        """List what each vote contributes to a score, newest first; `me` is the caller."""
        caller = await reads.authenticate(request)
        person_id, role = path_person(request, caller.person_id), _parse_role(request)
        rated = await _reach_person(request, reads, caller, person_id)
        ratings = await fetch_ratings(history, rated.person_id, rated.position)
        votes = drop_retracted(select_role(ratings, role))
        may_know = caller.is_super or caller.person_id == person_id
        content = explain_rating(person_id, role, votes, names_source=may_know)
        return answer(request, content, rated.position)

    @router.get("/user/{user_id}/rating/drift", **document(RatingDrift, (ROLE, AS_OF)))
    async def get_rating_drift_of_user(request: Request) -> Response:
        """How a score came to be what it is, month by month; `me` is the caller."""
        caller = await reads.authenticate(request)
        person_id, role = path_person(request, caller.person_id), _parse_role(request)
        moment = _parse_own_moment(request, reads, caller, person_id)
        rated = await _reach_person(request, reads, caller, person_id, moment)
        ratings = await fetch_ratings(history, rated.person_id, rated.position)
        months = compute_drift(ratings, role)
        return answer(request, RatingDrift(person_id, role, months), rated.position)

    return router


async def _reach_person(
    request: Request,
    reads: Reads,
    caller: Caller,
    person_id: PersonId,
    moment: Moment | None = None,
) -> Rated:
    """Return whose ratings are shown, once the history is there. Across a block they are those of
    nobody, as for an unknown id. Raises Malformed, ProjectionBehind and Unavailable."""
    async with reads.open_snapshot(request, least_position(moment)) as snapshot:
        apart = await fetch_apart(snapshot, caller.person_id)
        hidden = person_id in apart and not caller.is_super
        shown_id = NOBODY if hidden else person_id
        names = await fetch_names(snapshot, [shown_id])
        goal = await _find_goal(request, snapshot, moment)
    return Rated(shown_id, names.get(shown_id, ""), await _reach_position(reads, goal))


async def _find_goal(
    request: Request, snapshot: TableSnapshot, moment: Moment | None = None
) -> Goal:
    """Return how far the history should be for an answer about this moment."""
    horizon = await find_horizon(snapshot, moment)
    wanted = min_position_of(request.query_params)
    if moment is not None:
        return Goal(horizon, wanted, needed=horizon.last_commit)
    earliest = max(wanted, snapshot.position - RECORDS_BEHIND_MAX)
    return Goal(horizon, wanted, needed=await find_last_commit(snapshot, earliest))


async def _reach_position(reads: Reads, goal: Goal) -> int:
    """Wait until the history has what the answer needs, and return the position that the answer
    reflects. Call it once the snapshot is closed, so that no connection to PostgreSQL waits for
    ClickHouse. Raises ProjectionBehind and Unavailable."""
    reached = await reads.history.reach(goal.needed)
    if reached >= goal.horizon.last_commit:
        return goal.horizon.position
    # `reached` may be before `min_position`, but no Commit lies between them.
    return max(reached, goal.wanted)


def _parse_own_moment(
    request: Request, reads: Reads, caller: Caller, person_id: PersonId
) -> Moment | None:
    """Return the moment of `?as_of=`, None for the present. Raises Forbidden, Malformed.

    Only the person and super-users may ask about the past. To others it would tell, position by
    position, who left which announcement and who rated whom.
    """
    moment = parse_moment(request.query_params, reads.clock())
    if moment is not None and not (caller.is_super or caller.person_id == person_id):
        raise Forbidden
    return moment


def _parse_role(request: Request) -> Role:
    """Return the role asked for, `host` by default. Raises Malformed."""
    match request.query_params.get("role"):
        case None | "host":
            return "host"
        case "guest":
            return "guest"
        case "overall":
            return "overall"
        case _:
            raise malformed_parameter("role", known=["host", "guest", "overall"])
