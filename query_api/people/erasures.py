"""Looks up from which position on people are erased."""

from collections.abc import Mapping
from typing import Final

from contracts.values.ids import PersonId
from query_api.edge.reads import TableSnapshot

SELECT_OF_ANNOUNCEMENT: Final = """
    SELECT person_id, erased_seq FROM read_model.erasures
    WHERE erased_seq IS NOT NULL AND person_id IN (
        SELECT author_id FROM read_model.announcements WHERE announcement_id = $1
        UNION ALL
        SELECT guest_id FROM read_model.bookings WHERE announcement_id = $1)
"""
SELECT_OF_PERSON: Final = "SELECT erased_seq FROM read_model.erasures WHERE person_id = $1"

Erasures = Mapping[PersonId, int]
"""By person, the position of the last erasure. What they wrote before it is shown to nobody."""


async def fetch_erasures(snapshot: TableSnapshot, announcement_id: str) -> Erasures:
    """Return the erasures of everybody who can have written about an announcement: its author,
    and everybody with a booking."""
    rows = await snapshot.fetch_rows(SELECT_OF_ANNOUNCEMENT, announcement_id)
    return {row["person_id"]: row["erased_seq"] for row in rows}


async def fetch_erased_seq(snapshot: TableSnapshot, person_id: str) -> int | None:
    """Return the position of the person's last erasure, None if there was none."""
    found: int | None = await snapshot.connection.fetchval(SELECT_OF_PERSON, person_id)
    return found
