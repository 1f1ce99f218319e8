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
    Command,
    CreateAnnouncement,
    HoldDue,
    InviteGuests,
    MuteHost,
    RateEvening,
    RatingDue,
    ReinstatePerson,
    RequestBooking,
    RetractRating,
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
    """The world the decision was made in, with its events applied on top."""


def decide(command: Command, world: Layer, now: datetime, rules: Rules = DEFAULT_RULES) -> Decision:
    """Decide `command` at `now` on `world`, which stays untouched.

    A business refusal is a decision too: an outcome with `refused`, and no events. Raises
    NotFound, Forbidden, StaleVersion, Malformed and NeedsFact, which are not recorded. To a
    super-user, who may read everything, only what is absent is not found.
    """
    story = Recorder(world, now, rules)
    person.demand_not_suspended(story, command.actor)
    try:
        outcome = _decide(story, command)
        reconsider_unsettled(story)
    except CommandRefused as refusal:
        return Decision(_refused(command, refusal), [], Layer(world))
    except NotFound as error:
        if command.is_super and names_something(world, command.body):
            raise Forbidden from error
        raise
    person.meet(story, command.actor_facts)
    return Decision(outcome, story.events, story.layer)


def _decide(story: Recorder, command: Command) -> Outcome:
    actor = command.actor
    match command.body:
        case RequestBooking() as body:
            return booking.request(story, actor, body)
        case AnswerBooking() as body:
            return booking.answer(story, actor, body)
        case CreateAnnouncement() as body:
            return announcement.create(story, actor, body)
        case ChangeAnnouncement() as body:
            return announcement.change(story, actor, body)
        case CancelAnnouncement() as body:
            return announcement.cancel(story, actor, body, is_super=command.is_super)
        case InviteGuests() as body:
            return booking.invite(story, actor, body)
        case AnnouncementDue() as body:
            return announcement.pass_deadline(story, body)
        case HoldDue() as body:
            return booking.end_hold(story, body)
        case RateEvening() as body:
            return rating.rate(story, actor, body)
        case ChangeRating() as body:
            return rating.change(story, actor, body)
        case RetractRating() as body:
            return rating.retract(story, actor, body)
        case MuteHost() as body:
            return person.mute(story, actor, body)
        case UnmuteHost() as body:
            return person.unmute(story, actor, body)
        case SuspendPerson() as body:
            return person.suspend(story, body)
        case ReinstatePerson() as body:
            return person.reinstate(story, body)
        case RatingDue() as body:
            return rating.pass_window(story, body)


def _refused(command: Command, refusal: CommandRefused) -> Outcome:
    body = command.body
    answered = body.booking_id if isinstance(body, AnswerBooking) else None
    return Outcome(
        refusal.code,
        refused=True,
        announcement_id=getattr(body, "announcement_id", None),
        booking_id=refusal.facts.get("booking_id") or answered,
        facts=refusal.facts,
    )
