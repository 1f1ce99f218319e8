"""What people are called: today, also where the past is told."""

from collections.abc import Iterable
from typing import Final

from contracts.values.ids import PersonId, canonical
from query_api.edge.reads import Snapshot

SELECT_NAMES: Final = """
    SELECT person_id, name FROM read_model.people WHERE person_id = ANY($1::uuid[])
"""


async def names_of(snapshot: Snapshot, people: Iterable[str]) -> dict[PersonId, str]:
    """Of those who are known; what is no id (`system`) is nobody."""
    ids = sorted({one for one in people if canonical(one) == one})
    rows = await snapshot.rows(SELECT_NAMES, ids) if ids else []
    return {row["person_id"]: row["name"] for row in rows}
