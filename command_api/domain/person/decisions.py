"""Decides whom a person mutes, and whom an operator suspends.

A mute is the business of the person alone. The author is told nothing, and meets it only as
`not_invitable`, which has other causes as well (docs/decisions/0011).
"""

from typing import Final

from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.recorder import Handlers, Recorder, handle
from contracts.errors import CommandRefused
from contracts.events.person import PersonMuted, PersonReinstated, PersonSuspended, PersonUnmuted
from contracts.journal.records import Outcome


def mute_author(recorder: Recorder, command: MuteAuthor) -> Outcome:
    """Repeating it adds nothing. Nobody looks up whether the author exists: a mute tells
    nobody anything, not even that."""
    if command.author_id == recorder.actor:
        raise CommandRefused("mute_of_oneself")
    muted = recorder.person(recorder.actor).muted
    if command.author_id not in muted:
        if len(muted) >= recorder.rules.mutes_max:
            raise CommandRefused("mutes_full", {"muted": len(muted)})
        recorder.record(PersonMuted(person_id=recorder.actor, host_id=command.author_id))
    return Outcome("host_muted")


def unmute_author(recorder: Recorder, command: UnmuteAuthor) -> Outcome:
    """Repeating it adds nothing."""
    if command.author_id in recorder.person(recorder.actor).muted:
        recorder.record(PersonUnmuted(person_id=recorder.actor, host_id=command.author_id))
    return Outcome("host_unmuted")


def suspend_person(recorder: Recorder, command: SuspendPerson) -> Outcome:
    """Repeating it adds nothing; another reason or signature is recorded. The person's
    bookings and announcements stay as they are."""
    known = recorder.person(command.person_id).suspension
    if known is None or (known.reason, known.by) != (command.reason, command.by):
        recorder.record(
            PersonSuspended(person_id=command.person_id, reason=command.reason, by=command.by)
        )
    return Outcome("person_suspended")


def reinstate_person(recorder: Recorder, command: ReinstatePerson) -> Outcome:
    """Repeating it adds nothing."""
    if recorder.person(command.person_id).suspension is not None:
        recorder.record(PersonReinstated(person_id=command.person_id, by=command.by))
    return Outcome("person_reinstated")


PERSON_HANDLERS: Final[Handlers] = (
    handle(MuteAuthor, mute_author),
    handle(UnmuteAuthor, unmute_author),
    handle(SuspendPerson, suspend_person),
    handle(ReinstatePerson, reinstate_person),
)
