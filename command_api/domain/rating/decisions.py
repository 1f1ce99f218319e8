"""Decides the commands about ratings: give, change, retract, reveal after the window.

Once an announcement is Done, each confirmed guest may rate its author, and the author each
of them, once. A rating is sealed until the other side has rated as well or the window is
over, so that nobody pays a bad one back. While sealed it may be changed; afterwards it can
only be retracted. Everybody may then read what guests wrote of an author; the writer's name
stands under it only while the writer says so, which may change at any time. The author may reply
to each, once.
"""

from datetime import datetime
from typing import Final

from msgspec import UNSET

from command_api.domain.announcement.state import Announcement
from command_api.domain.rating.commands import (
    ChangeRating,
    GiveRating,
    RatingDue,
    ReplyToRating,
    RetractRating,
)
from command_api.domain.rating.state import Rating
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events.rating import (
    RATING_WINDOW,
    RatingChanged,
    RatingGiven,
    RatingReplied,
    RatingRetracted,
    RatingRevealed,
    RatingRole,
    RatingSigned,
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
    _sign(recorder, command.review_id, command.signed)
    _reveal_pair(recorder, announcement.id, actor, command.ratee_id)
    return Outcome("rating_given", created=True, review_id=command.review_id)


def change_rating(recorder: Recorder, command: ChangeRating) -> Outcome:
    """Change score, text or tags while the rating is sealed, and at any time whether the rater's
    name stands under it."""
    rating = _find_own(recorder, command.review_id)
    if rating.retracted:
        raise CommandRefused("rating_retracted")
    if any(one is not UNSET for one in (command.score, command.text, command.tags)):
        _change_content(recorder, rating, command)
    if command.signed is not UNSET:
        _sign(recorder, rating.id, command.signed)
    code = "rating_changed" if recorder.events else "unchanged"
    return Outcome(code, review_id=rating.id)


def reply_to_rating(recorder: Recorder, command: ReplyToRating) -> Outcome:
    """Answer what a guest wrote of the actor. Repeating the same reply adds nothing. Raises
    CommandRefused `already_replied` for another one, and NotFound or Forbidden unless the actor is
    the author whom the rating is about, and it is revealed and not retracted."""
    rating = recorder.layer.ratings.get(command.review_id)
    if rating is None or recorder.actor not in (rating.rater_id, rating.ratee_id):
        raise NotFound
    if recorder.actor == rating.rater_id:
        raise Forbidden
    if not rating.counts:
        raise NotFound
    if rating.role != "host":
        raise Forbidden
    if rating.replied_at is None:
        recorder.record(
            RatingReplied(
                review_id=rating.id,
                announcement_id=rating.announcement_id,
                rater_id=rating.rater_id,
                ratee_id=rating.ratee_id,
                role=rating.role,
                reply=command.text,
            )
        )
    elif rating.reply != command.text:
        raise CommandRefused("already_replied", {"replied_at": rating.replied_at})
    return Outcome("rating_replied", review_id=rating.id)


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
    pair_handler(ReplyToRating, reply_to_rating),
    pair_handler(RatingDue, reveal_after_window),
)


def _change_content(recorder: Recorder, rating: Rating, command: ChangeRating) -> None:
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
    guest_id = rater_id if role == "host" else ratee_id
    if not recorder.layer.is_confirmed(announcement.id, guest_id):
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


def _sign(recorder: Recorder, review_id: ReviewId, signed: bool) -> None:
    """Record whether the rater's name stands under the rating, unless that is so already."""
    rating = recorder.layer.ratings.find(review_id)
    if rating.signed is not signed:
        recorder.record(
            RatingSigned(
                review_id=rating.id,
                announcement_id=rating.announcement_id,
                rater_id=rating.rater_id,
                ratee_id=rating.ratee_id,
                role=rating.role,
                signed=signed,
            )
        )


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
