"""Read model `people`: name, language and time zone of everybody who ever acted or was invited."""

from typing import Final

from contracts.events.person import PersonSeen
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.personal import ERASED_NAME
from contracts.values.zones import HOME_ZONE
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
    person_of,
)

PEOPLE: Final = TableShape(
    "people",
    "person_id",
    {"person_id": "uuid", "name": "text", "language": "text", "tz": "text"},
    words=(Words("person_id", {"name": ERASED_NAME, "language": HOME_LANGUAGE, "tz": HOME_ZONE}),),
)


def project_person(event: PersonSeen, _: EventContext) -> Put:
    columns = {"name": event.name, "language": event.language, "tz": event.tz}
    return Put(PEOPLE, event.person_id, columns, NOTHING_MORE)


READ_MODEL: Final = ReadModel(PEOPLE, (Projection(PersonSeen, project_person, person_of),))
