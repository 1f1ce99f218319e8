"""Notes who the people in a decision are, and refuses those who may not act."""

from command_api.domain.person.commands import PersonFacts
from command_api.domain.person.state import Person
from command_api.domain.recorder import Recorder
from contracts.errors import Forbidden
from contracts.events.person import PersonSeen
from contracts.values.personal import ERASED_NAME


def record_person_seen(recorder: Recorder, facts: PersonFacts | None) -> None:
    """Record what Auth said of a person, if it differs from what is known, or if they come back
    after an erasure. Records nothing if Auth was not asked (None)."""
    if facts is not None:
        _record_difference(recorder, recorder.person(facts.person_id), facts)


def _record_difference(recorder: Recorder, known: Person, facts: PersonFacts) -> None:
    same = (known.name, known.language, known.tz) == (facts.name, facts.language, facts.tz)
    if known.erased or not same:
        recorder.record(
            PersonSeen(
                person_id=facts.person_id, name=facts.name, language=facts.language, tz=facts.tz
            )
        )


def record_actor_seen(recorder: Recorder, facts: PersonFacts | None) -> None:
    """Record that the actor is seen, as `record_person_seen` does. If they were erased, they come
    back only if the command has changed something; without a name if Auth does not answer."""
    known = recorder.person(recorder.actor)
    if known.erased:
        if not recorder.events:
            return
        facts = facts or PersonFacts(recorder.actor, ERASED_NAME)
    if facts is not None:
        _record_difference(recorder, known, facts)


def refuse_barred(recorder: Recorder) -> None:
    """Raises Forbidden `suspended` if the actor is suspended, `erasing` while they are erased.

    Every process also checks a suspension when a request arrives, but may not have read it yet.
    This check makes sure that nothing such a person does is recorded.
    """
    actor = recorder.person(recorder.actor)
    if actor.suspension is not None:
        raise Forbidden("suspended")
    if actor.is_erasing(recorder.now):
        raise Forbidden("erasing")
