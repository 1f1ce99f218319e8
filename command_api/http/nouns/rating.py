"""The write routes of ratings, with their bodies."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints

from command_api.domain.rating.commands import (
    ChangeRating,
    GiveRating,
    ReplyToRating,
    RetractRating,
)
from command_api.http.bodies import LongText, NoBody, WriteBody
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.events.rating import SCORE_MAX, SCORE_MIN
from contracts.representations import RatingResponse
from contracts.values.ids import AnnouncementId, PersonId, ReviewId, new_id
from contracts.values.text import clean_line, clean_lines, is_visible

ROUTES: Final = NounRoutes()

RatingScore = Annotated[int, Field(ge=SCORE_MIN, le=SCORE_MAX)]


def _drop_blank(text: str) -> str:
    """Return the text; an empty one if nothing of it can be seen."""
    return text if is_visible(text) else ""


RatingText = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(clean_lines),
    AfterValidator(_drop_blank),
]
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    AfterValidator(clean_line),
]
Tags = Annotated[list[Tag], Field(max_length=10)]


class RateBody(WriteBody):
    """With `signed`, the rater's name stands under a review of a host for everybody."""

    score: RatingScore
    text: RatingText | None = None
    tags: Tags = Field(default=[])
    signed: bool = False


class ChangeRatingBody(WriteBody):
    """Only what is to change; a text of null removes the text. `signed` may change at any time,
    the rest while the rating is sealed."""

    score: RatingScore = SCORE_MIN
    text: RatingText | None = None
    tags: Tags = Field(default=[])
    signed: bool = False

    def changes(self) -> dict[str, Any]:
        """Return the fields that the body states, by their names in the domain."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if "tags" in given:
            given["tags"] = _drop_repeated(self.tags)
        return given


class ReplyBody(WriteBody):
    text: LongText


@ROUTES.write("POST", "/rating/{announcement_id}/{user_id}", RateBody, RatingResponse, created=True)
async def rate(request: WriteRequest[RateBody]) -> GiveRating:
    """Rate the other side of an announcement that is over: guests the author, the author each
    guest. Sealed until both have rated, or for 14 days."""
    return GiveRating(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        ratee_id=PersonId(request.path_id("user_id")),
        review_id=ReviewId(new_id()),
        score=request.body.score,
        text=request.body.text,
        tags=_drop_repeated(request.body.tags),
        signed=request.body.signed,
    )


@ROUTES.write("PUT", "/rating/{review_id}", ChangeRatingBody, RatingResponse)
async def change_rating(request: WriteRequest[ChangeRatingBody]) -> ChangeRating:
    """Change a rating while it is sealed; whether it is signed, at any time."""
    review_id = ReviewId(request.path_id("review_id"))
    return ChangeRating(review_id=review_id, **request.body.changes())


@ROUTES.write("DELETE", "/rating/{review_id}", NoBody, RatingResponse)
async def retract_rating(request: WriteRequest[NoBody]) -> RetractRating:
    """Take a rating back: it no longer counts, and stays in history."""
    return RetractRating(review_id=ReviewId(request.path_id("review_id")))


@ROUTES.write("PUT", "/rating/{review_id}/reply", ReplyBody, RatingResponse)
async def reply_to_rating(request: WriteRequest[ReplyBody]) -> ReplyToRating:
    """Answer, once, what a guest wrote of you as a host. Whoever reads the review reads it."""
    review_id = ReviewId(request.path_id("review_id"))
    return ReplyToRating(review_id=review_id, text=request.body.text)


def _drop_repeated(tags: list[str]) -> tuple[str, ...]:
    """Return each tag once, in the order given."""
    return tuple(dict.fromkeys(tags))
