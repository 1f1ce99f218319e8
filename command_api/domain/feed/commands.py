"""The commands about calendar feeds. The actor is always the person whose schedule it is."""

from msgspec import Struct

from contracts.values.ids import FeedId


class MakeFeed(Struct, frozen=True, kw_only=True, tag="feed.make"):
    feed_id: FeedId
    name: str | None = None


class RevokeFeed(Struct, frozen=True, kw_only=True, tag="feed.revoke"):
    feed_id: FeedId


AnyFeedCommand = MakeFeed | RevokeFeed
