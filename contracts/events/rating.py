"""Events of ratings, which author and guest give each other once an announcement is over.

Every field is storage format (`contracts.events.stored.base`). A rating is sealed until
`rating.revealed`. While it is sealed, only its rater may know that it exists.
"""

from datetime import timedelta
from typing import Final, Literal

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, PersonId, ReviewId
from contracts.values.personal import WordsOfActor
from contracts.values.times import Instant

RatingRole = Literal["host", "guest"]
"""The role in which a person is rated; `host` is the author."""
RevealReason = Literal["both_rated", "window_over"]

SCORE_MIN = 1
SCORE_MAX = 10

RATING_WINDOW: Final = timedelta(days=14)
"""How long after the end of an announcement its two sides can rate each other."""

NO_SHOW: Final = "no_show"
"""Tag by which an author says that a confirmed guest did not come. It is counted beside the
score and does not change it."""


class RatingEvent(Event, frozen=True, kw_only=True):
    """The family of a rating's events. `role` is that of the person who is rated."""

    review_id: ReviewId
    announcement_id: AnnouncementId
    rater_id: PersonId
    ratee_id: PersonId
    role: RatingRole


class RatingGiven(RatingEvent, frozen=True, kw_only=True, tag="rating.given.v1"):
    """One side rated the other. It is sealed until both have rated, or until `sealed_until`."""

    score: int
    sealed_until: Instant
    text: WordsOfActor | None = None
    tags: tuple[WordsOfActor, ...] = ()


class RatingChanged(RatingEvent, frozen=True, kw_only=True, tag="rating.changed.v1"):
    """The rater changed the rating. The fields are those of the rating as it now is."""

    score: int
    text: WordsOfActor | None = None
    tags: tuple[WordsOfActor, ...] = ()


class RatingRevealed(RatingEvent, frozen=True, kw_only=True, tag="rating.revealed.v1"):
    """From now on the rating is shown, counts, and no longer changes."""

    reason: RevealReason


class RatingRetracted(RatingEvent, frozen=True, kw_only=True, tag="rating.retracted.v1"):
    """The rater took the rating back: it no longer counts, and is never revealed."""


class RatingSigned(RatingEvent, frozen=True, kw_only=True, tag="rating.signed.v1"):
    """The rater allowed or forbade that their name stands under what they wrote. Without this
    event it does not."""

    signed: bool


class RatingReplied(RatingEvent, frozen=True, kw_only=True, tag="rating.replied.v1"):
    """The author of the announcement answered what a guest wrote of them. It is done once, and
    shown beside the rating."""

    reply: WordsOfActor | None = None
    """None once the author is erased."""


AnyRatingEvent = (
    RatingGiven | RatingChanged | RatingRevealed | RatingRetracted | RatingSigned | RatingReplied
)
