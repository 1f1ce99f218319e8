"""Read model `people`: what is known of everybody who ever acted or was invited."""

from typing import Final

from contracts.person_events import PersonSeen
from projector.read_models.projections.rows import NOTHING_MORE, Put, Table

PEOPLE: Final = Table(
    "people",
    "person_id",
    {"person_id": "uuid", "name": "text", "language": "text", "tz": "text"},
)


def project_person(event: PersonSeen) -> Put:
    columns = {"name": event.name, "language": event.language, "tz": event.tz}
    return Put(PEOPLE, event.person_id, columns, NOTHING_MORE)
