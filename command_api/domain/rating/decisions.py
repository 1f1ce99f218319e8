"""Decides the commands about ratings: give, change, retract, reveal after the window.

Once an announcement is Done, each confirmed guest may rate its author, and the author each
of them, once. A rating is sealed until the other side has rated as well or the window is
over, so that nobody pays a bad one back. While sealed it may be changed; afterwards it can
only be retracted.
"""

from datetime import datetime
from typing import Final

from msgspec import UNSET

from command_api.domain.announcement.state import Announcement
from command_api.domain.rating.commands import ChangeRating, GiveRating, RatingDue, RetractRating
from command_api.domain.rating.state import Rating
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events.rating import (
    RATING_WINDOW,
    RatingChanged,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
    RatingRole,
    RevealReason,
)
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, PersonId, ReviewId


def give_rating(recorder: Recorder, command: GiveRating) -> Outcome:
    """Rate the other side for the actor. If that side has rated already, both are revealed."""
    actor = recorder.actor
    announcement = recorder.announcement(command.announcement_id)
    role = _find_role_of_ratee(recorder, announcement, actor, command.ratee_id)
    if announcement.status != "Done":
        raise CommandRefused("evening_not_done", {"announcement_status": announcement.status})
    earlier = recorder.layer.rating_of(announcement.id, actor, command.ratee_id)
    if earlier is not None:
        raise CommandRefused("already_rated", {"review_id": earlier.id})
    window_ends_at = _window_end(announcement)
    if window_ends_at <= recorder.now:
        raise CommandRefused("rating_window_closed", {"closed_at": window_ends_at})
    recorder.record(
        RatingGiven(
            review_id=command.review_id,
            announcement_id=announcement.id,
            rater_id=actor,
            ratee_id=command.ratee_id,
            role=role,
            score=command.score,
            sealed_until=window_ends_at,
            text=command.text,
            tags=command.tags,
        )
    )
    _reveal_pair(recorder, announcement.id, actor, command.ratee_id)
    return Outcome("rating_given", created=True, review_id=command.review_id)


def change_rating(recorder: Recorder, command: ChangeRating) -> Outcome:
    """Change score, text or tags while the rating is sealed."""
    rating = _find_own(recorder, command.review_id)
    if rating.retracted:
        raise CommandRefused("rating_retracted")
    if not rating.sealed or rating.sealed_until <= recorder.now:
        raise CommandRefused("rating_revealed")
    event = RatingChanged(
        review_id=rating.id,
        announcement_id=rating.announcement_id,
        rater_id=rating.rater_id,
        ratee_id=rating.ratee_id,
        role=rating.role,
        score=rating.score if command.score is UNSET else command.score,
        text=rating.text if command.text is UNSET else command.text,
        tags=rating.tags if command.tags is UNSET else command.tags,
    )
    if (event.score, event.text, event.tags) != (rating.score, rating.text, rating.tags):
        recorder.record(event)
    code = "rating_changed" if recorder.events else "unchanged"
    return Outcome(code, review_id=rating.id)


def retract_rating(recorder: Recorder, command: RetractRating) -> Outcome:
    """Retract a rating for good. Repeating it adds nothing."""
    rating = _find_own(recorder, command.review_id)
    if not rating.retracted:
        recorder.record(
            RatingRetracted(
                review_id=rating.id,
                announcement_id=rating.announcement_id,
                rater_id=rating.rater_id,
                ratee_id=rating.ratee_id,
                role=rating.role,
            )
        )
    return Outcome("rating_retracted", review_id=rating.id)


def reveal_after_window(recorder: Recorder, command: RatingDue) -> Outcome:
    """Reveal a rating that is still sealed at the end of the window. Adds nothing if it is not
    sealed, or the window is still open."""
    rating = recorder.layer.ratings.get(command.review_id)
    if rating is None or not rating.sealed or rating.sealed_until > recorder.now:
        return Outcome("unchanged")
    _reveal(recorder, rating, "window_over")
    return Outcome("deadline_passed", review_id=rating.id)


RATING_HANDLERS: Final[Handlers] = (
    pair_handler(GiveRating, give_rating),
    pair_handler(ChangeRating, change_rating),
    pair_handler(RetractRating, retract_rating),
    pair_handler(RatingDue, reveal_after_window),
)


def _window_end(announcement: Announcement) -> datetime:
    """Return when ratings close. The window opens when the announcement is recorded as Done,
    which is always its last change."""
    return announcement.modified_at + RATING_WINDOW


def _find_role_of_ratee(
    recorder: Recorder, announcement: Announcement, rater_id: PersonId, ratee_id: PersonId
) -> RatingRole:
    """Return the role in which the ratee was there. Raises NotFound unless one of the two is
    the author and the other a confirmed guest: nobody else may learn who was there, or even
    whether the announcement exists."""
    author_id = announcement.author_id
    if author_id not in (rater_id, ratee_id):
        raise NotFound
    role: RatingRole = "host" if ratee_id == author_id else "guest"
    booking = recorder.layer.booking_of(announcement.id, rater_id if role == "host" else ratee_id)
    if booking is None or not booking.confirmed:
        raise NotFound
    return role


def _find_own(recorder: Recorder, review_id: ReviewId) -> Rating:
    """Return the actor's rating. Raises Forbidden if they received it and it is revealed,
    NotFound if they may not know of it."""
    actor = recorder.actor
    rating = recorder.layer.ratings.get(review_id)
    if rating is None:
        raise NotFound
    if rating.rater_id != actor:
        raise Forbidden if rating.counts and rating.ratee_id == actor else NotFound
    return rating


def _reveal_pair(
    recorder: Recorder, announcement_id: AnnouncementId, one: PersonId, other: PersonId
) -> None:
    theirs = recorder.layer.rating_of(announcement_id, other, one)
    ours = recorder.layer.rating_of(announcement_id, one, other)
    if ours is not None and theirs is not None and theirs.sealed:
        _reveal(recorder, theirs, "both_rated")
        _reveal(recorder, ours, "both_rated")


def _reveal(recorder: Recorder, rating: Rating, reason: RevealReason) -> None:
    recorder.record(
        RatingRevealed(
            review_id=rating.id,
            announcement_id=rating.announcement_id,
            rater_id=rating.rater_id,
            ratee_id=rating.ratee_id,
            role=rating.role,
            reason=reason,
        )
    )
