"""Notes who the people in a decision are, and refuses those who may not act."""

from command_api.domain.person.commands import PersonFacts
from command_api.domain.recorder import Recorder
from contracts.errors import Forbidden
from contracts.events.person import PersonSeen


def record_person_seen(recorder: Recorder, facts: PersonFacts | None) -> None:
    """Record what Auth said of a person, if it differs from what is known. Records nothing
    if Auth was not asked (None)."""
    if facts is None:
        return
    known = recorder.person(facts.person_id)
    if (known.name, known.language, known.tz) != (facts.name, facts.language, facts.tz):
        recorder.record(
            PersonSeen(
                person_id=facts.person_id, name=facts.name, language=facts.language, tz=facts.tz
            )
        )


def refuse_suspended(recorder: Recorder) -> None:
    """Raises Forbidden `suspended` if the actor is suspended.

    Every process also checks it when a request arrives, but may not have read the suspension
    yet. This check makes sure that nothing a suspended person does is recorded.
    """
    if recorder.person(recorder.actor).suspension is not None:
        raise Forbidden("suspended")
