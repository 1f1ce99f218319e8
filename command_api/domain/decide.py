"""Decides a command: which events it records, and with which outcome.

Pure: no I/O, no clock, no random numbers, no environment.
"""

from datetime import datetime
from typing import Final, NamedTuple

from command_api.domain.announcement.commands import ChangeAnnouncement
from command_api.domain.booking.commands import AnswerBooking, InviteGuests, RequestBooking
from command_api.domain.booking.rescheduling import reconsider_unsettled
from command_api.domain.broadcast.commands import CancelBroadcast, ChangeBroadcast, WriteBroadcast
from command_api.domain.evolution import apply
from command_api.domain.invite_link.commands import MakeInviteLink
from command_api.domain.layer import Layer
from command_api.domain.nouns import NOUNS
from command_api.domain.person.acquaintance import record_actor_seen, refuse_barred
from command_api.domain.recorder import Recorder
from command_api.domain.rules import Rules
from command_api.domain.submission import AnyCommand, Submission
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.records import Outcome
from contracts.write_levels import demand_level

_HANDLERS: Final = {kind: handler for noun in NOUNS for kind, handler in noun.handlers}


class Decision(NamedTuple):
    outcome: Outcome
    events: list[DomainEvent]
    layer: Layer
    """The layer that the decision was made in, with its events applied."""


def decide(
    submission: Submission, layer: Layer, now: datetime, rules: Rules, *, position: int
) -> Decision:
    """Decide `submission` at `now` on `layer`, which stays untouched. Its record will stand at
    `position`.

    A refusal is a decision too: its outcome is `refused`, and it has no events. Raises
    NotFound, Forbidden (also if the actor is suspended or being erased), StaleVersion,
    Malformed, NotEnabledYet and NeedsFact, which are not recorded. A super-user may read
    everything: they get NotFound only for what does not exist, and Forbidden for the rest.
    """
    recorder = Recorder(
        layer,
        apply,
        now,
        rules,
        actor=submission.actor,
        position=position,
        is_super=submission.is_super,
    )
    refuse_barred(recorder)
    command = submission.command
    try:
        outcome = _HANDLERS[type(command)](recorder, command)
        reconsider_unsettled(recorder)
    except CommandRefused as refusal:
        unchanged = Layer.on(layer) if recorder.events else recorder.layer
        return Decision(_make_refusal(command, refusal), [], unchanged)
    except NotFound as error:
        if submission.is_super and _target_exists(layer, command):
            raise Forbidden from error
        raise
    record_actor_seen(recorder, submission.actor_facts)
    demand_level(recorder.events, rules.write_level)
    return Decision(outcome, recorder.events, recorder.layer)


def _make_refusal(command: AnyCommand, refused: CommandRefused) -> Outcome:
    answered = command.booking_id if isinstance(command, AnswerBooking) else None
    return Outcome(
        refused.code,
        refused=True,
        announcement_id=getattr(command, "announcement_id", None)
        or refused.facts.get("announcement_id"),
        booking_id=refused.facts.get("booking_id") or answered,
        facts=refused.facts,
    )


def _target_exists(layer: Layer, command: AnyCommand) -> bool:
    """Whether the announcement or booking that a command names exists. False for a rating
    and a chat: a super-user may not read what is between other people."""
    match command:
        case AnswerBooking(booking_id=str(booking_id)):
            return layer.bookings.get(booking_id) is not None
        case AnswerBooking(announcement_id=str(announcement_id), guest_id=str(guest_id)):
            return layer.booking_of(announcement_id, guest_id) is not None
        case (
            RequestBooking()
            | ChangeAnnouncement()
            | InviteGuests()
            | MakeInviteLink()
            | WriteBroadcast()
            | ChangeBroadcast()
            | CancelBroadcast()
        ):
            return layer.announcements.get(command.announcement_id) is not None
    return False
