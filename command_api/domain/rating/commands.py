"""The commands about ratings."""

from msgspec import UNSET, Struct, UnsetType

from contracts.values.ids import AnnouncementId, PersonId, ReviewId


class GiveRating(Struct, frozen=True, kw_only=True, tag="rating.give"):
    """The actor rates the other side of a booking. The route has checked score, text and tags."""

    announcement_id: AnnouncementId
    ratee_id: PersonId
    review_id: ReviewId
    score: int
    text: str | None = None
    tags: tuple[str, ...] = ()
    signed: bool = False


class ChangeRating(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="rating.change"):
    """An unset field stays as it is."""

    review_id: ReviewId
    score: int | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    signed: bool | UnsetType = UNSET


class RetractRating(Struct, frozen=True, kw_only=True, tag="rating.retract"):
    review_id: ReviewId


class ReplyToRating(Struct, frozen=True, kw_only=True, tag="rating.reply"):
    """The author of the announcement answers what a guest wrote of them."""

    review_id: ReviewId
    text: str


class RatingDue(Struct, frozen=True, kw_only=True, tag="rating.due"):
    """The end of a rating's sealed time may have passed."""

    review_id: ReviewId


AnyRatingCommand = GiveRating | ChangeRating | RetractRating | ReplyToRating | RatingDue
