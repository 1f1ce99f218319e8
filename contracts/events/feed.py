"""Events of calendar feeds: made by a person for one program, and revoked.

Every field is storage format (`contracts.events.stored.base`). No event has the address of a feed:
it follows from the id and a secret.
"""

from contracts.events.stored.base import Event
from contracts.values.ids import FeedId, PersonId
from contracts.values.personal import WordsOfActor


class FeedEvent(Event, frozen=True, kw_only=True):
    """The family of a calendar feed's events."""

    feed_id: FeedId
    person_id: PersonId


class FeedMade(FeedEvent, frozen=True, kw_only=True, tag="feed.made.v1"):
    """The person made another feed of their schedule."""

    name: WordsOfActor | None = None


class FeedRevoked(FeedEvent, frozen=True, kw_only=True, tag="feed.revoked.v1"):
    """The address of the feed opens nothing any more. The feed that everybody has from the start
    has the person's id, and gets another address."""


AnyFeedEvent = FeedMade | FeedRevoked
