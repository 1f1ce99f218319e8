"""People as Auth describes them."""

from command_api.domain.commands import PersonFacts
from command_api.domain.recorder import Recorder
from contracts.person_events import PersonSeen


def meet(story: Recorder, facts: PersonFacts | None) -> None:
    """Record what Auth said of a person, where that is news."""
    if facts is None:
        return
    known = story.person(facts.person_id)
    if (known.name, known.language, known.tz) != (facts.name, facts.language, facts.tz):
        story.record(
            PersonSeen(
                person_id=facts.person_id, name=facts.name, language=facts.language, tz=facts.tz
            )
        )
