"""The write routes of ratings."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.rating.commands import ChangeRating, GiveRating, RetractRating
from command_api.http.bodies import ChangeRatingBody, RateBody, parse, unique
from command_api.http.documented import document
from command_api.http.edge import Edge, body_of, path_id
from contracts.representations import RatingResponse
from contracts.values.ids import AnnouncementId, PersonId, ReviewId, new_id


def add_rating_routes(router: APIRouter, edge: Edge) -> None:
    @router.post(
        "/rating/{announcement_id}/{user_id}",
        **document(RatingResponse, RateBody, created=True),
    )
    async def rate(request: Request) -> Response:
        """Rate the other side of an evening that is over: guests the host, the host each
        guest. Sealed until both have rated, or for 14 days."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(RateBody, raw)
        command = GiveRating(
            announcement_id=AnnouncementId(path_id(request, "announcement_id")),
            ratee_id=PersonId(path_id(request, "user_id")),
            review_id=ReviewId(new_id()),
            score=body.score,
            text=body.text,
            tags=unique(body.tags),
        )
        return await edge.run(request, caller, raw, command)

    @router.put("/rating/{review_id}", **document(RatingResponse, ChangeRatingBody))
    async def change_rating(request: Request) -> Response:
        """Think again, for as long as the rating is sealed."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(ChangeRatingBody, raw)
        command = ChangeRating(review_id=ReviewId(path_id(request, "review_id")), **body.news())
        return await edge.run(request, caller, raw, command)

    @router.delete("/rating/{review_id}", **document(RatingResponse))
    async def retract_rating(request: Request) -> Response:
        """Take a rating back: it no longer counts, and stays in history."""
        caller = await edge.caller(request)
        command = RetractRating(review_id=ReviewId(path_id(request, "review_id")))
        return await edge.run(request, caller, b"", command)
