"""Drops a dead letter of the read models."""

from typing import Final

import asyncpg

from contracts.journal.places import EventPlace, spell_place
from runtime.dead_letters.table import DeadLetterTable
from runtime.postgres.operator_acts import SignedAct, record_act
from runtime.postgres.tables import transaction

LETTERS: Final = DeadLetterTable("dead_letters")
"""The dead letters of the live read models."""
DROP: Final = """
    WITH dropped AS (
        DELETE FROM dead_letters WHERE seq = $1 AND event_index = $2
        RETURNING seq, event_index, type, key)
    INSERT INTO access.dropped_events (seq, event_index, type, key, at, signed_by)
    SELECT *, $3, $4 FROM dropped
"""


async def drop_letter(
    pool: asyncpg.Pool, place: EventPlace, signed: SignedAct, *, dry_run: bool
) -> None:
    """Give up the event for good: no projection takes it any more, also none that begins anew.
    Those behind it stay parked until they are retried. Raises TablesUnavailable, and as
    `DeadLetterTable.find_droppable` does."""
    async with transaction(pool, dry_run=dry_run) as connection:
        letter = await LETTERS.find_droppable(connection, place)
        await connection.execute(DROP, *place, signed.at, signed.by)
        parked = {"parked": letter.parked}, {"parked": letter.parked - 1}
        await record_act(connection, signed, "dead_letter_dropped", spell_place(place), *parked)
