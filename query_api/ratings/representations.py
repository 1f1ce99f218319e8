"""Makes the answers of the rating pages from ratings. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from contracts.events.rating import SCORE_MAX, SCORE_MIN
from contracts.scoring import PUBLISHED, Formula, distribution_of, explain, score_of
from contracts.values.ids import AnnouncementId, PersonId, ReviewId
from query_api.ratings.lateness import Lateness, count_no_shows
from query_api.ratings.votes import PastRating, Role, drop_retracted, select_role


class RoleScore(Struct, frozen=True):
    """A score and the votes behind it. `rating` is 0.0 if nobody rated."""

    rating: float
    rank: float
    """The lower bound of the rating; lists are ordered by it."""
    rating_count: int
    distribution: Sequence[int]
    """How often each score was given, from 1 to 10."""


class UserRating(Struct, frozen=True):
    """How a person is rated, and how often they let others down. The latter never changes a
    score."""

    user_id: PersonId
    name: str
    """Empty if nothing is known of them."""
    host: RoleScore
    guest: RoleScore
    overall: RoleScore
    """The score of all ratings, whatever the role."""
    late_cancellations: int
    """Announcements that the person, confirmed, left less than 24 hours before they began."""
    no_shows: int
    """Revealed ratings of the person as guest that are tagged `no_show`."""
    late_calls_off: int
    """Own announcements cancelled less than 24 hours before, with somebody confirmed."""


class AnnouncementRating(Struct, frozen=True):
    """The plain mean of how the guests of an announcement rated its author."""

    announcement_id: AnnouncementId
    rating: float
    rating_count: int
    distribution: Sequence[int]


class Contribution(Struct, frozen=True, kw_only=True):
    """One vote, and what it adds to the mean. Only the rated person and super-users learn from
    whom and for which announcement it is."""

    score: int
    given_at: datetime
    weight: float
    contribution: float
    review_id: ReviewId | None
    announcement_id: AnnouncementId | None
    rater_id: PersonId | None


class ExplainedRating(Struct, frozen=True, kw_only=True):
    """How a score is computed. `prior_contribution` and the contributions of the votes add up to
    `mean`. `rating` is the rounded mean, or 0.0 if nobody rated."""

    user_id: PersonId
    role: Role
    rating: float
    rank: float
    rating_count: int
    mean: float
    prior_contribution: float
    formula: Formula
    votes: Sequence[Contribution]


def represent_person(
    person_id: PersonId, name: str, ratings: Sequence[PastRating], late: Lateness
) -> UserRating:
    """Return how the person is rated in each role. Without ratings every score is 0.0."""
    votes = drop_retracted(ratings)
    return UserRating(
        person_id,
        name,
        host=_represent_score(select_role(votes, "host")),
        guest=_represent_score(select_role(votes, "guest")),
        overall=_represent_score(votes),
        late_cancellations=late.late_cancellations,
        no_shows=count_no_shows(ratings),
        late_calls_off=late.late_calls_off,
    )


def represent_announcement(
    announcement_id: AnnouncementId, votes: Sequence[PastRating]
) -> AnnouncementRating:
    """Return the plain mean of the votes; 0.0 without one."""
    mean = round(sum(one.score for one in votes) / len(votes), 1) if votes else 0.0
    return AnnouncementRating(announcement_id, mean, len(votes), _count_scores(votes))


def explain_rating(
    person_id: PersonId, role: Role, votes: Sequence[PastRating], *, names_source: bool
) -> ExplainedRating:
    """Return what each of the votes contributes to the score, in their order. With
    `names_source` also who gave it and for which announcement."""
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
                **_state_source(one, named=names_source),
            )
            for one, part in zip(votes, explained.parts, strict=True)
        ],
    )


def _represent_score(votes: Sequence[PastRating]) -> RoleScore:
    score = score_of(one.vote for one in votes)
    return RoleScore(score.rating, score.rank, score.count, _count_scores(votes))


def _count_scores(votes: Sequence[PastRating]) -> list[int]:
    return distribution_of((one.score for one in votes), SCORE_MIN, SCORE_MAX)


def _state_source(one: PastRating, *, named: bool) -> dict[str, Any]:
    names = ("review_id", "announcement_id", "rater_id")
    return {name: getattr(one, name) if named else None for name in names}
