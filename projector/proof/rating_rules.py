"""Proves from the events alone that no rule about ratings was broken.

It is a part of `projector.proof.rules` and, like that, shares no code with the deciders. From
booking events it knows who was confirmed, and from `announcement.done` what is over.
"""

from collections.abc import Iterator

from contracts.events.announcement import AnnouncementCreated, AnnouncementDone
from contracts.events.booking import BookingEvent
from contracts.events.domain_event import DomainEvent
from contracts.events.rating import (
    SCORE_MAX,
    SCORE_MIN,
    AnyRatingEvent,
    RatingChanged,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
)
from contracts.values.ids import AnnouncementId, PersonId, ReviewId

Triple = tuple[AnnouncementId, PersonId, PersonId]
"""Announcement, rater and ratee."""


class RatingRuleProof:
    """Takes all events of a journal in order, and says which of them break a rule about ratings.

    Every event goes to `note`, and an event of a rating then to `check`.
    """

    def __init__(self) -> None:
        self._authors: dict[AnnouncementId, PersonId] = {}
        self._guests: set[tuple[AnnouncementId, PersonId]] = set()
        """The confirmed guests, or those at the end if the announcement is over."""
        self._over: set[AnnouncementId] = set()
        self._given: dict[Triple, ReviewId] = {}
        self._sealed: set[ReviewId] = set()
        self._retracted: set[ReviewId] = set()

    def note(self, event: DomainEvent) -> None:
        """Remember who was confirmed and what is over."""
        match event:
            case BookingEvent():
                self._seat(event)
            case AnnouncementCreated():
                self._authors[event.announcement_id] = event.author_id
            case AnnouncementDone():
                self._over.add(event.announcement_id)
            case _:
                pass

    def _seat(self, event: BookingEvent) -> None:
        guest = (event.announcement_id, event.guest_id)
        if event.author_status is True and event.guest_status is True:
            self._guests.add(guest)
        else:
            self._guests.discard(guest)

    def check(self, event: AnyRatingEvent) -> Iterator[str]:
        """Yield a reason for each rule that the event of a rating breaks, and remember the event.
        Exhaust it: what is not reached is not remembered."""
        triple = (event.announcement_id, event.rater_id, event.ratee_id)
        if isinstance(event, RatingGiven):
            yield from self._give(event, triple)
        elif self._given.get(triple) != event.review_id:
            yield "a rating that was not given"
        match event:
            case RatingGiven() | RatingChanged() if not SCORE_MIN <= event.score <= SCORE_MAX:
                yield f"a score of {event.score}"
            case RatingChanged() if event.review_id not in self._sealed:
                yield "a revealed or retracted rating was changed"
            case RatingRevealed():
                yield from self._reveal(event)
            case RatingRetracted():
                self._sealed.discard(event.review_id)
                self._retracted.add(event.review_id)

    def _give(self, event: RatingGiven, triple: Triple) -> Iterator[str]:
        if event.announcement_id not in self._over:
            yield "an evening was rated that is not over"
        ratee_is_author = event.role == "host"
        author, guest = (
            (event.ratee_id, event.rater_id)
            if ratee_is_author
            else (event.rater_id, event.ratee_id)
        )
        if self._authors.get(event.announcement_id) != author:
            yield "a rating without the host"
        if (event.announcement_id, guest) not in self._guests:
            yield "a rating without a confirmed guest"
        if triple in self._given:
            yield "somebody was rated twice"
        self._given[triple] = event.review_id
        self._sealed.add(event.review_id)

    def _reveal(self, event: RatingRevealed) -> Iterator[str]:
        if event.review_id not in self._sealed:
            yield "a rating was revealed that is not sealed"
        self._sealed.discard(event.review_id)
        if event.reason == "both_rated":
            other = self._given.get((event.announcement_id, event.ratee_id, event.rater_id))
            if other is None or other in self._retracted:
                yield "a rating was revealed before the other side had rated"
