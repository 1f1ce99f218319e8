"""From a command to its events and its outcome. Pure: no I/O, clock, random or environment."""

from datetime import datetime
from typing import NamedTuple

from command_api.domain import announcement, booking, person, rating
from command_api.domain.changed_evenings import reconsider_unsettled
from command_api.domain.commands import (
    AnnouncementDue,
    AnswerBooking,
    CancelAnnouncement,
    ChangeAnnouncement,
    ChangeRating,
    CreateAnnouncement,
    HoldDue,
    InviteGuests,
    MuteHost,
    RateEvening,
    RatingDue,
    ReinstatePerson,
    RequestBooking,
    RetractRating,
    Submission,
    SuspendPerson,
    UnmuteHost,
)
from command_api.domain.recorder import Recorder
from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.state import Layer
from command_api.domain.visibility import names_something
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events import DomainEvent
from contracts.records import Outcome


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
        return Decision(_refused(submission, refusal), [], Layer(layer))
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
        case RateEvening() as command:
            return rating.rate(recorder, actor, command)
        case ChangeRating() as command:
            return rating.change(recorder, actor, command)
        case RetractRating() as command:
            return rating.retract(recorder, actor, command)
        case MuteHost() as command:
            return person.mute(recorder, actor, command)
        case UnmuteHost() as command:
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
