"""What of an evening's history a reader is told. Pure; the rules and why are in
docs/decisions/0007-who-may-read-history.md.

A field that an event has but that the reader is not told is None.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from contracts.events.announcement import AnnouncementCancelled, AnnouncementEvent
from contracts.events.announcement_fields import announcement_columns
from contracts.events.booking import BookingEvent, BookingRevoked
from contracts.events.booking_state import CONFIRMED
from contracts.events.domain_event import DomainEvent
from contracts.events.rating import (
    RatingChanged,
    RatingEvent,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
)
from contracts.values.ids import SYSTEM, PersonId, ReviewId
from query_api.announcements.visibility import saw, saw_place, sees_everything
from query_api.edge.reads import Row
from query_api.history.as_of import Fields
from query_api.history.events import Happened
from query_api.history.fact_rights import EVENT_FACTS, Share, told_only
from runtime.auth.tokens import Caller

STATED_BESIDE: Final = frozenset({"announcement_id", "booking_id", "guest_id"})
"""Told of an entry as a whole."""


class Reader(NamedTuple):
    """Who asks, and what they may see of the evening today."""

    caller: Caller
    followed: Sequence[PersonId]
    now: Row
    """As `details.select_visible` finds it."""

    @property
    def id(self) -> PersonId:
        return self.caller.person_id

    @property
    def sees_everything(self) -> bool:
        return sees_everything(self.now, self.caller)


class Glimpse(NamedTuple):
    """What matters to rights, right after a position."""

    evening: Fields
    confirmed: bool
    """Whether the reader was."""


class Reviews(NamedTuple):
    """What became of the reviews of an evening."""

    revealed: frozenset[ReviewId]
    said: frozenset[tuple[int, int]]
    """The places of the words that now stand revealed: the last of each review."""


class Entry(NamedTuple):
    """What the reader is told of one event."""

    happened: Happened
    names_actor: bool
    facts: dict[str, Any]


def told(story: Sequence[Happened], reader: Reader) -> list[Entry]:
    """Everything that is told of it, oldest first."""
    glimpses, reviews = _glimpses(story, reader.id), _reviews(story)
    if not reader.sees_everything:
        story = _without_untold(story, reader.id)
    guests = _guests_by_position(story)
    return [
        Entry(
            one,
            _names_actor(one, guests[one.position], reader),
            _facts(one, glimpses[one.position], reviews, reader),
        )
        for one in story
        if _is_told(one.event, glimpses[one.position], reviews, reader)
    ]


def _without_untold(story: Sequence[Happened], reader: PersonId) -> Sequence[Happened]:
    """Leave out the reader's booking up to where it was taken back in a draft."""
    until = max(
        (
            one.position
            for one in story
            if isinstance(one.event, BookingRevoked)
            and one.event.untold
            and one.event.guest_id == reader
        ),
        default=0,
    )

    def is_untold(one: Happened) -> bool:
        own = isinstance(one.event, BookingEvent) and one.event.guest_id == reader
        return own and one.position <= until

    return [one for one in story if not is_untold(one)]


def _is_told(event: DomainEvent, then: Glimpse, reviews: Reviews, reader: Reader) -> bool:
    match event:
        case RatingEvent():
            revealed = event.review_id in reviews.revealed
            others_told = event.ratee_id == reader.id or reader.caller.is_super
            return event.rater_id == reader.id or (revealed and others_told)
        case BookingEvent():
            return reader.sees_everything or event.guest_id == reader.id
        case AnnouncementEvent():
            involved = reader.now["my_booking_id"] is not None
            return saw(then.evening, reader.caller, reader.followed, involved=involved)
        case _:
            return False


def _names_actor(one: Happened, guests: Collection[PersonId], reader: Reader) -> bool:
    """What a guest did may close or open an evening: who it was would say who comes. And what
    somebody did to another evening may free or fill this one: who it was would say whose
    evening that is, and it may be hidden. `guests` are those whose bookings here the same
    command changed."""
    if reader.caller.is_super or one.actor in (SYSTEM, reader.id, reader.now["author_id"]):
        return True
    acted_here = one.actor in guests or isinstance(one.event, AnnouncementCancelled | RatingEvent)
    return reader.sees_everything and acted_here


def _facts(one: Happened, then: Glimpse, reviews: Reviews, reader: Reader) -> dict[str, Any]:
    stated = {
        name: value
        for name, value in msgspec.structs.asdict(one.event).items()
        if value is not UNSET and name not in STATED_BESIDE
    }
    shares = frozenset(_shares(one, then, reviews, reader))
    return dict.fromkeys(stated) | told_only(stated, EVENT_FACTS, shares)


def _shares(one: Happened, then: Glimpse, reviews: Reviews, reader: Reader) -> Iterator[Share]:
    yield "told"
    match one.event:
        case RatingEvent() as review:
            stands = (one.position, one.event_index) in reviews.said
            if review.rater_id == reader.id or stands:
                yield "words"
        case BookingEvent() as booking:
            if reader.id in (booking.guest_id, reader.now["author_id"]):
                yield "party"
            if reader.caller.is_super or booking.guest_id == reader.id:
                yield "guest"
        case AnnouncementEvent():
            place_then = saw_place(then.evening, reader.caller, confirmed=then.confirmed)
            if reader.now["shows_place"] and place_then:
                yield "place"
        case _:
            pass


def _guests_by_position(story: Iterable[Happened]) -> Mapping[int, set[PersonId]]:
    """Whose bookings each command changed."""
    found: dict[int, set[PersonId]] = defaultdict(set)
    for one in story:
        if isinstance(one.event, BookingEvent):
            found[one.position].add(one.event.guest_id)
    return found


def _glimpses(story: Iterable[Happened], reader: PersonId) -> dict[int, Glimpse]:
    """By position: what a command did stands as a whole."""
    found: dict[int, Glimpse] = {}
    evening: Fields = {}
    confirmed = False
    for one in story:
        match one.event:
            case BookingEvent() as event:
                if event.guest_id == reader:
                    confirmed = (event.author_status, event.guest_status) == CONFIRMED
            case AnnouncementEvent() as event:
                evening = {**evening, **announcement_columns(event, one.at)}
            case _:
                pass
        found[one.position] = Glimpse(evening, confirmed)
    return found


def _reviews(story: Iterable[Happened]) -> Reviews:
    revealed: set[ReviewId] = set()
    said: dict[ReviewId, tuple[int, int]] = {}
    retracted: set[ReviewId] = set()
    for one in story:
        match one.event:
            case RatingGiven() | RatingChanged() as review:
                said[review.review_id] = (one.position, one.event_index)
            case RatingRevealed() as review:
                revealed.add(review.review_id)
            case RatingRetracted() as review:
                retracted.add(review.review_id)
    standing = revealed - retracted
    places = frozenset(place for review_id, place in said.items() if review_id in standing)
    return Reviews(frozenset(revealed), places)
