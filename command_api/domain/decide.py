"""From a command to its events and its outcome. Pure: no I/O, clock, random or environment."""

from datetime import datetime
from typing import NamedTuple

from command_api.domain.announcement import decisions as announcement
from command_api.domain.announcement.commands import (
    AnnouncementDue,
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
)
from command_api.domain.booking import decisions as booking
from command_api.domain.booking.commands import AnswerBooking, HoldDue, InviteGuests, RequestBooking
from command_api.domain.booking.rescheduling import reconsider_unsettled
from command_api.domain.layer import Layer
from command_api.domain.person import decisions as person
from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.rating import decisions as rating
from command_api.domain.rating.commands import ChangeRating, GiveRating, RatingDue, RetractRating
from command_api.domain.recorder import Recorder
from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand, Submission
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events.domain_event import DomainEvent
from contracts.journal.records import Outcome


class Decision(NamedTuple):
    outcome: Outcome
    events: list[DomainEvent]
    layer: Layer
    """The layer the decision was made in, with its events applied on top."""


def decide(
    submission: Submission, layer: Layer, now: datetime, rules: Rules = DEFAULT_RULES
) -> Decision:
    """Decide `submission` at `now` on `layer`, which stays untouched.

    A business refusal is a decision too: an outcome with `refused`, and no events. Raises
    NotFound, Forbidden, StaleVersion, Malformed and NeedsFact, which are not recorded. To a
    super-user, who may read everything, only what is absent is not found.
    """
    recorder = Recorder(layer, now, rules)
    person.demand_not_suspended(recorder, submission.actor)
    try:
        outcome = _decide(recorder, submission)
        reconsider_unsettled(recorder)
    except CommandRefused as refusal:
        return Decision(
            _refused(submission, refusal),
            [],
            recorder.layer if not recorder.events else Layer.on(layer),
        )
    except NotFound as error:
        if submission.is_super and names_something(layer, submission.command):
            raise Forbidden from error
        raise
    person.meet(recorder, submission.actor_facts)
    return Decision(outcome, recorder.events, recorder.layer)


def _decide(recorder: Recorder, submission: Submission) -> Outcome:
    actor = submission.actor
    match submission.command:
        case RequestBooking() as command:
            return booking.request(recorder, actor, command)
        case AnswerBooking() as command:
            return booking.answer(recorder, actor, command)
        case CreateAnnouncement() as command:
            return announcement.create(recorder, actor, command)
        case ChangeAnnouncement() as command:
            return announcement.change(recorder, actor, command)
        case CancelAnnouncement() as command:
            return announcement.cancel(recorder, actor, command, is_super=submission.is_super)
        case InviteGuests() as command:
            return booking.invite(recorder, actor, command)
        case AnnouncementDue() as command:
            return announcement.pass_deadline(recorder, command)
        case HoldDue() as command:
            return booking.end_hold(recorder, command)
        case GiveRating() as command:
            return rating.rate(recorder, actor, command)
        case ChangeRating() as command:
            return rating.change(recorder, actor, command)
        case RetractRating() as command:
            return rating.retract(recorder, actor, command)
        case MuteAuthor() as command:
            return person.mute(recorder, actor, command)
        case UnmuteAuthor() as command:
            return person.unmute(recorder, actor, command)
        case SuspendPerson() as command:
            return person.suspend(recorder, command)
        case ReinstatePerson() as command:
            return person.reinstate(recorder, command)
        case RatingDue() as command:
            return rating.pass_window(recorder, command)


def _refused(submission: Submission, refusal: CommandRefused) -> Outcome:
    command = submission.command
    answered = command.booking_id if isinstance(command, AnswerBooking) else None
    return Outcome(
        refusal.code,
        refused=True,
        announcement_id=getattr(command, "announcement_id", None),
        booking_id=refusal.facts.get("booking_id") or answered,
        facts=refusal.facts,
    )


def names_something(layer: Layer, command: AnyCommand) -> bool:
    """Whether the evening or the booking that a command is about exists. Reviews are
    between two people, and not a super-user's to read."""
    match command:
        case AnswerBooking(booking_id=str(booking_id)):
            return layer.bookings.get(booking_id) is not None
        case AnswerBooking(announcement_id=str(announcement_id), guest_id=str(guest_id)):
            return layer.booking_of(announcement_id, guest_id) is not None
        case RequestBooking() | ChangeAnnouncement() | InviteGuests():
            return layer.announcements.get(command.announcement_id) is not None
    return False
