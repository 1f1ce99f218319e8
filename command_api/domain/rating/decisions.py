"""Deciding about ratings: rate, change, retract, and the end of the sealed time.

Once an evening is Done, its guests rate the host and the host rates each guest: only who
was confirmed then, once for each pair. A review is sealed until the other side has rated
as well, or the window is over, so that nobody answers a bad one in kind. Until then it
may be changed; afterwards it can only be taken back.
"""

from datetime import datetime

from msgspec import UNSET

from command_api.domain.announcement.state import Announcement
from command_api.domain.rating.commands import ChangeRating, GiveRating, RatingDue, RetractRating
from command_api.domain.rating.state import Rating
from command_api.domain.recorder import Recorder
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

"""From the end of an evening: no first rating afterwards, and all sealed ones open."""


def rate(recorder: Recorder, actor: PersonId, command: GiveRating) -> Outcome:
    """The actor rates the other side. Where that side has rated already, both are revealed."""
    announcement = recorder.announcement(command.announcement_id)
    role = _role_of_ratee(recorder, announcement, actor, command.ratee_id)
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


def change(recorder: Recorder, actor: PersonId, command: ChangeRating) -> Outcome:
    """Another score, text or tags, while the review is sealed."""
    rating = _own(recorder, actor, command.review_id)
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


def retract(recorder: Recorder, actor: PersonId, command: RetractRating) -> Outcome:
    """Taken back for good; repeating it adds nothing."""
    rating = _own(recorder, actor, command.review_id)
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


def pass_window(recorder: Recorder, command: RatingDue) -> Outcome:
    """Reveal what stayed sealed to the end of the window; moot where it no longer is."""
    rating = recorder.layer.ratings.get(command.review_id)
    if rating is None or not rating.sealed or rating.sealed_until > recorder.now:
        return Outcome("unchanged")
    _reveal(recorder, rating, "window_over")
    return Outcome("deadline_passed", review_id=rating.id)


def _window_end(announcement: Announcement) -> datetime:
    """Being over is the last thing that happens to an announcement."""
    return announcement.modified_at + RATING_WINDOW


def _role_of_ratee(
    recorder: Recorder, announcement: Announcement, rater_id: PersonId, ratee_id: PersonId
) -> RatingRole:
    """Raises NotFound unless one of the two is the host and the other a confirmed guest:
    who else was there, or whether there was an evening, is not for others to learn."""
    author_id = announcement.author_id
    if author_id not in (rater_id, ratee_id):
        raise NotFound
    role: RatingRole = "host" if ratee_id == author_id else "guest"
    booking = recorder.layer.booking_of(announcement.id, rater_id if role == "host" else ratee_id)
    if booking is None or not booking.confirmed:
        raise NotFound
    return role


def _own(recorder: Recorder, actor: PersonId, review_id: ReviewId) -> Rating:
    """Raises NotFound for who may not know of the review, Forbidden for who only received it."""
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
