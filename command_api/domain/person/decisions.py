"""Decides whom a person mutes, and whom an operator suspends.

A mute is the business of the person alone. The author is told nothing. If they try to invite
the person they get `not_invitable`, which has other causes as well (docs/decisions/0011).
"""

from typing import Final

from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused
from contracts.events.person import PersonMuted, PersonReinstated, PersonSuspended, PersonUnmuted
from contracts.journal.records import Outcome


def mute_author(recorder: Recorder, command: MuteAuthor) -> Outcome:
    """Mute an author for the actor. Repeating it adds nothing. Whether such a person exists
    is not looked up, so the answer does not reveal it."""
    if command.author_id == recorder.actor:
        raise CommandRefused("mute_of_oneself")
    actor = recorder.person(recorder.actor)
    if not actor.has_muted(recorder.person(command.author_id)):
        muted = actor.muted
        if len(muted) >= recorder.rules.mutes_max:
            raise CommandRefused("mutes_full", {"muted": len(muted)})
        recorder.record(PersonMuted(person_id=recorder.actor, host_id=command.author_id))
    return Outcome("host_muted")


def unmute_author(recorder: Recorder, command: UnmuteAuthor) -> Outcome:
    """Lift the actor's mute of an author. Repeating it adds nothing."""
    if recorder.person(recorder.actor).has_muted(recorder.person(command.author_id)):
        recorder.record(PersonUnmuted(person_id=recorder.actor, host_id=command.author_id))
    return Outcome("host_unmuted")


def suspend_person(recorder: Recorder, command: SuspendPerson) -> Outcome:
    """Shut a person out. Their bookings and announcements stay as they are. Repeating it adds
    nothing, unless the reason or the operator's name differs."""
    known = recorder.person(command.person_id).suspension
    if known is None or (known.reason, known.by) != (command.reason, command.by):
        recorder.record(
            PersonSuspended(person_id=command.person_id, reason=command.reason, by=command.by)
        )
    return Outcome("person_suspended")


def reinstate_person(recorder: Recorder, command: ReinstatePerson) -> Outcome:
    """Let a suspended person in again. Repeating it adds nothing."""
    if recorder.person(command.person_id).suspension is not None:
        recorder.record(PersonReinstated(person_id=command.person_id, by=command.by))
    return Outcome("person_reinstated")


PERSON_HANDLERS: Final[Handlers] = (
    pair_handler(MuteAuthor, mute_author),
    pair_handler(UnmuteAuthor, unmute_author),
    pair_handler(SuspendPerson, suspend_person),
    pair_handler(ReinstatePerson, reinstate_person),
)
