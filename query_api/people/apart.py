"""States whom a block keeps apart from a person: the only place for this rule on the read side.

It is the same whoever of the two has blocked the other (`Person.is_apart_from` decides so for
commands). As with followers, only today's blocks are known, also for questions about the past.
"""

from typing import Final

from contracts.values.ids import PersonId
from query_api.edge.reads import TableSnapshot

APART_FROM: Final = """ARRAY(
    SELECT blocks.blocked_id FROM blocks
    WHERE blocks.person_id = {0}::uuid AND blocks.blocked
    UNION ALL
    SELECT blocks.person_id FROM blocks
    WHERE blocks.blocked_id = {0}::uuid AND blocks.blocked)"""
"""An array in SQL of the people apart from the viewer, for whom `{0}` stands. It depends on no
row, so PostgreSQL finds it once for each query."""

SELECT_APART: Final = f"SELECT {APART_FROM.format('$1')}"


async def fetch_apart(snapshot: TableSnapshot, person_id: PersonId) -> frozenset[PersonId]:
    """Return the people whom a block keeps apart from this person."""
    return frozenset(await snapshot.connection.fetchval(SELECT_APART, person_id))
