"""Looks up the names of people. They are today's names, also in an answer about the past."""

from collections.abc import Iterable
from typing import Final

from contracts.values.ids import PersonId, canonical_uuid
from query_api.edge.reads import TableSnapshot

SELECT_NAMES: Final = """
    SELECT person_id, name FROM people WHERE person_id = ANY($1::uuid[])
"""


async def fetch_names(snapshot: TableSnapshot, people: Iterable[str]) -> dict[PersonId, str]:
    """Return the names of those of `people` who are known. Texts that are no ids, such as
    `system`, are skipped."""
    ids = list_ids(people)
    rows = await snapshot.fetch_rows(SELECT_NAMES, ids) if ids else []
    return {row["person_id"]: row["name"] for row in rows}


def list_ids(people: Iterable[str]) -> list[str]:
    """Return those of `people` that are ids, each once."""
    return sorted({one for one in people if canonical_uuid(one) == one})
