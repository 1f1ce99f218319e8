"""Decides the commands about calendar feeds, and says what their events change.

Everybody has one feed from the start, whose id is that of the person; revoking it changes its
address. Others are made one for each program, and end when they are revoked.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from command_api.domain.feed.commands import MakeFeed, RevokeFeed
from command_api.domain.layer import Layer
from command_api.domain.person.engagements import without
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from command_api.domain.representation import AnswerBasis, Answers
from contracts.errors import CommandRefused, NotFound
from contracts.events.feed import AnyFeedEvent, FeedMade, FeedRevoked
from contracts.journal.records import Outcome
from contracts.values.ids import FeedId, PersonId


class FeedResponse(Struct, frozen=True):
    """A feed that was made. `GET /api/v1/schedule/feeds` has its address."""

    feed_id: FeedId
    name: str | None


class RevokedFeedResponse(Struct, frozen=True):
    """A feed whose address opens nothing any more."""

    feed_id: FeedId
    revoked: bool


def make_feed(recorder: Recorder, command: MakeFeed) -> Outcome:
    """Make another feed of the actor's schedule. Repeating it with the same id adds nothing."""
    feeds = recorder.person(recorder.actor).feeds
    if command.feed_id not in feeds:
        if len(feeds) >= recorder.rules.feeds_max:
            raise CommandRefused("feeds_full", {"limit": recorder.rules.feeds_max})
        recorder.record(
            FeedMade(feed_id=command.feed_id, person_id=recorder.actor, name=command.name)
        )
    return Outcome("feed_made", created=True)


def revoke_feed(recorder: Recorder, command: RevokeFeed) -> Outcome:
    """Revoke a feed of the actor. Raises NotFound if the actor has no such feed, also if it was
    revoked before."""
    own = (recorder.actor, *recorder.person(recorder.actor).feeds)
    if command.feed_id not in own:
        raise NotFound
    recorder.record(FeedRevoked(feed_id=command.feed_id, person_id=recorder.actor))
    return Outcome("feed_revoked")


FEED_HANDLERS: Final[Handlers] = (
    pair_handler(MakeFeed, make_feed),
    pair_handler(RevokeFeed, revoke_feed),
)


def apply_feed_event(layer: Layer, event: AnyFeedEvent, _at: datetime, _actor: PersonId) -> None:
    person = layer.person(event.person_id)
    feeds = without(person.feeds, event.feed_id)
    if isinstance(event, FeedMade):
        feeds = (*feeds, event.feed_id)
    layer.people.put(person.id, replace(person, feeds=feeds))


def _answer_with_feed(basis: AnswerBasis) -> FeedResponse:
    command = basis.submission.command
    assert isinstance(command, MakeFeed)
    return FeedResponse(command.feed_id, command.name)


def _answer_with_revoked(basis: AnswerBasis) -> RevokedFeedResponse:
    command = basis.submission.command
    assert isinstance(command, RevokeFeed)
    return RevokedFeedResponse(command.feed_id, revoked=True)


FEED_ANSWERS: Final[Answers] = {
    MakeFeed: _answer_with_feed,
    RevokeFeed: _answer_with_revoked,
}
