"""What the image keeps of ratings: each review, and what those that count come to."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from contracts.events.rating import RatingRole
from contracts.scoring import UNRATED, Score, Vote
from contracts.values.ids import AnnouncementId, PersonId, ReviewId


class Rating(Struct, frozen=True, kw_only=True, gc=False):
    """A review. One for each (announcement, rater, ratee), ever."""

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

    @property
    def sealed(self) -> bool:
        """Known to its rater only, and still to be revealed."""
        return self.revealed_at is None and not self.retracted

    @property
    def counts(self) -> bool:
        return self.revealed_at is not None and not self.retracted

    @property
    def vote(self) -> Vote:
        return Vote(self.score, self.created_at)


class Standing(Struct, frozen=True, gc=False):
    """How a person is rated in one role. The score is kept, because it is shown far more
    often than it changes."""

    votes: tuple[Vote, ...] = ()
    score: Score = UNRATED


UNVOTED: Final = Standing()
