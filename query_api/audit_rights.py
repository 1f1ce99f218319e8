"""What of an evening's history a reader is told. Pure; the rules and why are in
docs/decisions/0007-who-may-read-history.md.

A field that an event has but that the reader is not told is None.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from contracts.booking_state import CONFIRMED
from contracts.events import BookingEvent, DomainEvent, PersonSeen
from contracts.ids import SYSTEM, PersonId, ReviewId
from contracts.rating_events import (
    RatingChanged,
    RatingEvent,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
)
from contracts.standing import evening_fields
from query_api.as_of import Fields
from query_api.evening_history import Happened
from query_api.reading import Row
from query_api.visibility import saw, saw_place, sees_everything
from runtime.tokens import Caller

STATED_BESIDE: Final = frozenset({"announcement_id", "booking_id", "guest_id"})
"""Told of an entry as a whole."""
SAID_IN_A_REVIEW: Final = ("score", "text", "tags")


class Reader(NamedTuple):
    """Who asks, and what they may see of the evening today."""

    caller: Caller
    followed: Sequence[PersonId]
    now: Row
    """As `announcements.select_visible` finds it."""

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
    return [
        Entry(one, _names_actor(one, reader), _facts(one, glimpses[one.position], reviews, reader))
        for one in story
        if _is_told(one.event, glimpses[one.position], reviews, reader)
    ]


def _is_told(event: DomainEvent, then: Glimpse, reviews: Reviews, reader: Reader) -> bool:
    match event:
        case RatingEvent():
            revealed = event.review_id in reviews.revealed
            others_told = event.ratee_id == reader.id or reader.caller.is_super
            return event.rater_id == reader.id or (revealed and others_told)
        case BookingEvent():
            return reader.sees_everything or event.guest_id == reader.id
        case PersonSeen():
            return False
        case _:
            involved = reader.now["my_booking_id"] is not None
            return saw(then.evening, reader.caller, reader.followed, involved=involved)


def _names_actor(one: Happened, reader: Reader) -> bool:
    """What a guest did may close or open an evening: who it was would say who comes."""
    known = (SYSTEM, reader.id, reader.now["author_id"])
    return reader.sees_everything or one.actor in known


def _facts(one: Happened, then: Glimpse, reviews: Reviews, reader: Reader) -> dict[str, Any]:
    fields = msgspec.structs.asdict(one.event)
    withheld = frozenset(_withheld(one, then, reviews, reader))
    return {
        name: None if name in withheld else value
        for name, value in fields.items()
        if value is not UNSET and name not in STATED_BESIDE
    }


def _withheld(one: Happened, then: Glimpse, reviews: Reviews, reader: Reader) -> Iterator[str]:
    match one.event:
        case RatingGiven() | RatingChanged() as review:
            stands = (one.position, one.event_index) in reviews.said
            if review.rater_id != reader.id and not stands:
                yield from SAID_IN_A_REVIEW
        case BookingEvent() as booking:
            if reader.id not in (booking.guest_id, reader.now["author_id"]):
                yield "message"
            # Where else a guest is expected is no business of this evening's host.
            if not (reader.caller.is_super or booking.guest_id == reader.id):
                yield "clashes"
        case _:
            place_then = saw_place(then.evening, reader.caller, confirmed=then.confirmed)
            if not (reader.now["shows_place"] and place_then):
                yield "event_location"


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
            case RatingEvent() | PersonSeen():
                pass
            case event:
                evening = {**evening, **evening_fields(event, one.at)}
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
