"""Proves from the events alone that no rule about ratings was broken.

It is a part of `projector.proof.rules` and, like that, shares no code with the deciders. From
booking events it knows who was confirmed, and from `announcement.done` what is over.
"""

from collections.abc import Iterator

from contracts.events.announcement import AnnouncementDone
from contracts.events.booking import BookingEvent
from contracts.events.rating import (
    SCORE_MAX,
    SCORE_MIN,
    AnyRatingEvent,
    RatingChanged,
    RatingGiven,
    RatingReplied,
    RatingRetracted,
    RatingRevealed,
)
from contracts.events.stored.domain_event import DomainEvent
from projector.proof.announcement_state import AnnouncementState


def note_for_ratings(state: AnnouncementState, event: DomainEvent) -> None:
    """Remember in the event's announcement who was confirmed and what is over."""
    match event:
        case BookingEvent() if event.author_status is True and event.guest_status is True:
            state.guests.add(event.guest_id)
        case BookingEvent():
            state.guests.discard(event.guest_id)
        case AnnouncementDone():
            state.over = True
        case _:
            pass


def find_broken_rules(state: AnnouncementState, event: AnyRatingEvent) -> Iterator[str]:
    """Yield a reason for each rule about ratings that the event breaks, and remember the event
    in its announcement. Exhaust it: what is not reached is not remembered."""
    if isinstance(event, RatingGiven):
        yield from _give(state, event)
    elif state.given.get(event.rater_id, {}).get(event.ratee_id) != event.review_id:
        yield "a rating that was not given"
    match event:
        case RatingGiven() | RatingChanged() if not SCORE_MIN <= event.score <= SCORE_MAX:
            yield f"a score of {event.score}"
        case RatingChanged() if event.review_id not in state.sealed:
            yield "a revealed or retracted rating was changed"
        case RatingRevealed():
            yield from _reveal(state, event)
        case RatingReplied() if event.review_id in state.sealed | state.retracted:
            yield "a reply to a rating that is not shown"
        case RatingRetracted():
            state.sealed.discard(event.review_id)
            state.retracted.add(event.review_id)


def _give(state: AnnouncementState, event: RatingGiven) -> Iterator[str]:
    if not state.over:
        yield "an evening was rated that is not over"
    ratee_is_author = event.role == "host"
    author, guest = (
        (event.ratee_id, event.rater_id) if ratee_is_author else (event.rater_id, event.ratee_id)
    )
    if state.occupancy is None or state.occupancy.author_id != author:
        yield "a rating without the host"
    if guest not in state.guests:
        yield "a rating without a confirmed guest"
    given = state.given.setdefault(event.rater_id, {})
    if event.ratee_id in given:
        yield "somebody was rated twice"
    given[event.ratee_id] = event.review_id
    state.sealed.add(event.review_id)


def _reveal(state: AnnouncementState, event: RatingRevealed) -> Iterator[str]:
    if event.review_id not in state.sealed:
        yield "a rating was revealed that is not sealed"
    state.sealed.discard(event.review_id)
    if event.reason == "both_rated":
        other = state.given.get(event.ratee_id, {}).get(event.rater_id)
        if other is None or other in state.retracted:
            yield "a rating was revealed before the other side had rated"
