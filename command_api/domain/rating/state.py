"""The state of a rating, and the standing that follows from a person's ratings."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from contracts.events.rating import RatingRole
from contracts.scoring import UNRATED, Score, Vote
from contracts.values.ids import AnnouncementId, PersonId, ReviewId


class Rating(Struct, frozen=True, kw_only=True, gc=False):
    """A rating that one person gave another for one announcement. Each such triple has one, for
    ever."""

    id: ReviewId
    announcement_id: AnnouncementId
    rater_id: PersonId
    ratee_id: PersonId
    role: RatingRole
    score: int
    text: str | None
    tags: tuple[str, ...]
    sealed_until: datetime
    created_at: datetime
    modified_at: datetime
    revealed_at: datetime | None = None
    retracted: bool = False
    signed: bool = False
    """Whether the rater lets their name stand under it."""
    reply: str | None = None
    replied_at: datetime | None = None
    previous_of_rater: ReviewId | None = None
    """The rating that the rater gave before this one."""

    @property
    def sealed(self) -> bool:
        """Whether only its rater may see it, until it is revealed."""
        return self.revealed_at is None and not self.retracted

    @property
    def counts(self) -> bool:
        """Whether it is a vote."""
        return self.revealed_at is not None and not self.retracted

    @property
    def vote(self) -> Vote:
        return Vote(self.score, self.created_at)


class Standing(Struct, frozen=True, gc=False):
    """The votes for a person in one role, and their score. The score is kept here because it is
    shown far more often than it changes."""

    votes: tuple[Vote, ...] = ()
    score: Score = UNRATED


UNVOTED: Final = Standing()
