"""Events of ratings: what the two sides of an evening say of each other once it is over.

As in `contracts.events`, every field is storage format. A review is sealed until
`rating.revealed`; while it is, only its rater may know that it exists.
"""

from datetime import timedelta
from typing import Final, Literal

from contracts.event_base import Event, Instant
from contracts.ids import AnnouncementId, PersonId, ReviewId

RatingRole = Literal["host", "guest"]
"""As what a person is rated."""
RevealReason = Literal["both_rated", "window_over"]

SCORE_MIN = 1
SCORE_MAX = 10

RATING_WINDOW: Final = timedelta(days=14)
"""How long after the end of an announcement its two sides can rate each other."""

NO_SHOW: Final = "no_show"
"""The tag by which a host says that a confirmed guest did not come. It is counted beside the
score and is no part of it."""


class RatingEvent(Event, frozen=True, kw_only=True):
    """What all rating events state. `role` is that of the person who is rated."""

    review_id: ReviewId
    announcement_id: AnnouncementId
    rater_id: PersonId
    ratee_id: PersonId
    role: RatingRole


class RatingGiven(RatingEvent, frozen=True, kw_only=True, tag="rating.given.v1"):
    """One side rated the other; sealed until the other has as well, or until `sealed_until`."""

    score: int
    sealed_until: Instant
    text: str | None = None
    tags: tuple[str, ...] = ()


class RatingChanged(RatingEvent, frozen=True, kw_only=True, tag="rating.changed.v1"):
    """The rater thought again; the fields are all those of the review as it now is."""

    score: int
    text: str | None = None
    tags: tuple[str, ...] = ()


class RatingRevealed(RatingEvent, frozen=True, kw_only=True, tag="rating.revealed.v1"):
    """From now on the review is shown, counts, and no longer changes."""

    reason: RevealReason


class RatingRetracted(RatingEvent, frozen=True, kw_only=True, tag="rating.retracted.v1"):
    """The rater took the review back: it no longer counts, and will never be revealed."""


AnyRatingEvent = RatingGiven | RatingChanged | RatingRevealed | RatingRetracted
