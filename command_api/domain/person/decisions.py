"""People: as Auth describes them, whom they mute, and whom an operator shuts out.

A mute is the business of the person alone. The host is told nothing, and meets it only as
`not_invitable`, which has other causes as well (docs/decisions/0011).
"""

from command_api.domain.person.commands import (
    MuteAuthor,
    PersonFacts,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.recorder import Recorder
from contracts.errors import CommandRefused, Forbidden
from contracts.events.person import (
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnmuted,
)
from contracts.journal.records import Outcome
from contracts.values.ids import PersonId


def meet(recorder: Recorder, facts: PersonFacts | None) -> None:
    """Record what Auth said of a person, where that is news."""
    if facts is None:
        return
    known = recorder.person(facts.person_id)
    if (known.name, known.language, known.tz) != (facts.name, facts.language, facts.tz):
        recorder.record(
            PersonSeen(
                person_id=facts.person_id, name=facts.name, language=facts.language, tz=facts.tz
            )
        )


def demand_not_suspended(recorder: Recorder, actor: PersonId) -> None:
    """Raises Forbidden `suspended`. Every edge looks at it too, but may be a moment behind:
    after a suspension nothing of the person is recorded."""
    if recorder.person(actor).suspension is not None:
        raise Forbidden("suspended")


def mute(recorder: Recorder, actor: PersonId, command: MuteAuthor) -> Outcome:
    """Repeating it adds nothing. Whether anybody has this id is not looked up: a mute says
    nothing to anybody, not even that."""
    if command.host_id == actor:
        raise CommandRefused("mute_of_oneself")
    muted = recorder.person(actor).muted
    if command.host_id not in muted:
        if len(muted) >= recorder.rules.mutes_max:
            raise CommandRefused("mutes_full", {"muted": len(muted)})
        recorder.record(PersonMuted(person_id=actor, host_id=command.host_id))
    return Outcome("host_muted")


def unmute(recorder: Recorder, actor: PersonId, command: UnmuteAuthor) -> Outcome:
    """Repeating it adds nothing."""
    if command.host_id in recorder.person(actor).muted:
        recorder.record(PersonUnmuted(person_id=actor, host_id=command.host_id))
    return Outcome("host_unmuted")


def suspend(recorder: Recorder, command: SuspendPerson) -> Outcome:
    """Repeating it adds nothing; another reason or signature is recorded. Bookings and
    evenings of the person stay as they are."""
    known = recorder.person(command.person_id).suspension
    if known is None or (known.reason, known.by) != (command.reason, command.by):
        recorder.record(
            PersonSuspended(person_id=command.person_id, reason=command.reason, by=command.by)
        )
    return Outcome("person_suspended")


def reinstate(recorder: Recorder, command: ReinstatePerson) -> Outcome:
    """Repeating it adds nothing."""
    if recorder.person(command.person_id).suspension is not None:
        recorder.record(PersonReinstated(person_id=command.person_id, by=command.by))
    return Outcome("person_reinstated")
