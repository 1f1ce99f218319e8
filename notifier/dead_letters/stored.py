"""Drops a dead letter of the notifier."""

from typing import Final

import asyncpg

from contracts.journal.places import EventPlace
from notifier.store.operators.acts import ActSubject, Signature, record_act
from notifier.store.outbox import POSITION
from runtime.dead_letters.table import DeadLetterTable
from runtime.postgres.tables import transaction

LETTERS: Final = DeadLetterTable("notifier.dead_letters", "dropped_at IS NULL")
"""The events that the notifier could not read, without those that were given up."""
DROP: Final = """
    UPDATE notifier.dead_letters SET dropped_at = $3 WHERE seq = $1 AND event_index = $2
"""


async def drop_letter(
    pool: asyncpg.Pool, place: EventPlace, signature: Signature, *, dry_run: bool
) -> None:
    """Give up the event for good: it is never folded, also if the journal is read again. Those
    behind it stay parked until they are retried. Raises TablesUnavailable, and as
    `DeadLetterTable.find_droppable` does."""
    async with transaction(pool, dry_run=dry_run) as connection:
        await POSITION.lock(connection)
        letter = await LETTERS.find_droppable(connection, place)
        await connection.execute(DROP, *place, signature.at)
        parked = {"parked": letter.parked}, {"parked": letter.parked - 1}
        await record_act(connection, "dead_letter_dropped", signature, ActSubject(*place), *parked)
