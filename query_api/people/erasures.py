"""Looks up from which position on people are erased."""

from collections.abc import Iterable, Mapping
from typing import Final

from contracts.values.ids import PersonId
from query_api.edge.reads import TableSnapshot
from query_api.people.names import list_ids

SELECT_OF_PEOPLE: Final = """
    SELECT person_id, erased_seq FROM erasures
    WHERE erased_seq IS NOT NULL AND person_id = ANY($1::uuid[])
"""
SELECT_OF_PERSON: Final = "SELECT erased_seq FROM erasures WHERE person_id = $1"

Erasures = Mapping[PersonId, int]
"""By person, the position of the last erasure. What they wrote before it is shown to nobody."""


async def fetch_erasures(snapshot: TableSnapshot, people: Iterable[str]) -> Erasures:
    """Return the erasures of these people. Texts that are no ids, such as `system`, are
    skipped."""
    rows = await snapshot.fetch_rows(SELECT_OF_PEOPLE, list_ids(people))
    return {row["person_id"]: row["erased_seq"] for row in rows}


async def fetch_erased_seq(snapshot: TableSnapshot, person_id: str) -> int | None:
    """Return the position of the person's last erasure, None if there was none."""
    found: int | None = await snapshot.connection.fetchval(SELECT_OF_PERSON, person_id)
    return found
