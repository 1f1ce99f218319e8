"""The write routes of calendar feeds."""

from typing import Final

from command_api.domain.feed.commands import MakeFeed, RevokeFeed
from command_api.domain.feed.decisions import FeedResponse, RevokedFeedResponse
from command_api.http.bodies import NoBody, ShortText, WriteBody
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.values.ids import FeedId, new_id

ROUTES: Final = NounRoutes()


class MakeFeedBody(WriteBody):
    """`name` says what the feed is for, such as "phone"."""

    name: ShortText | None = None


@ROUTES.write("POST", "/schedule/feeds", MakeFeedBody, FeedResponse, created=True)
async def make_feed(request: WriteRequest[MakeFeedBody]) -> MakeFeed:
    """Make another feed of the caller's schedule, so that it can be revoked by itself. The list
    of feeds has its address."""
    return MakeFeed(feed_id=FeedId(new_id()), name=request.body.name)


@ROUTES.write("DELETE", "/schedule/feeds/{feed_id}", NoBody, RevokedFeedResponse)
async def revoke_feed(request: WriteRequest[NoBody]) -> RevokeFeed:
    """Revoke one feed: its address opens nothing any more. The first feed, whose id is the
    caller's own, gets another address."""
    return RevokeFeed(feed_id=FeedId(request.path_id("feed_id")))
