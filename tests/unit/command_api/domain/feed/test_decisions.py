"""Calendar feeds: each is made and revoked by itself, by its person only."""

from command_api.domain.feed.commands import MakeFeed, RevokeFeed
from command_api.domain.rules import Rules
from contracts.errors import NotFound
from contracts.events.feed import FeedMade, FeedRevoked
from contracts.values.ids import FeedId
from tests.unit.command_api.domain.spec import ANN, BEN, Spec

PHONE = FeedId("phone-feed")
LAPTOP = FeedId("laptop-feed")


def make(feed_id: FeedId, name: str | None = None) -> MakeFeed:
    return MakeFeed(feed_id=feed_id, name=name)


def revoke(feed_id: str) -> RevokeFeed:
    return RevokeFeed(feed_id=FeedId(feed_id))


def test_a_feed_is_made_and_revoked_without_the_others() -> None:
    spec = Spec()
    spec.when(ANN, make(PHONE, "phone")).then((FeedMade, {"person_id": ANN, "name": "phone"}))
    spec.when(ANN, make(PHONE, "phone")).then_nothing()
    spec.given(ANN, make(LAPTOP))
    spec.when(ANN, revoke(PHONE)).then((FeedRevoked, {"feed_id": PHONE, "person_id": ANN}))
    assert spec.layer.person(ANN).feeds == (LAPTOP,)
    spec.when(ANN, revoke(PHONE)).then_fails(NotFound)


def test_nobody_revokes_the_feed_of_another() -> None:
    spec = Spec().given(ANN, make(PHONE))
    spec.when(BEN, revoke(PHONE)).then_fails(NotFound)
    spec.when(BEN, revoke(ANN)).then_fails(NotFound)
    spec.when(BEN, revoke("no such feed")).then_fails(NotFound)


def test_the_first_feed_can_be_revoked_again_and_again() -> None:
    spec = Spec()
    for _ in range(2):
        spec.when(ANN, revoke(ANN)).then((FeedRevoked, {"feed_id": ANN, "person_id": ANN}))


def test_feeds_are_bounded() -> None:
    spec = Spec(Rules(feeds_max=1)).given(ANN, make(PHONE))
    spec.when(ANN, make(LAPTOP)).then_refused("feeds_full", limit=1)
    spec.given(ANN, revoke(PHONE))
    spec.when(ANN, make(LAPTOP)).then((FeedMade, {"feed_id": LAPTOP}))
