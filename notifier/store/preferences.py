"""Loads and saves people's preferences."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import msgspec

from contracts.values.ids import PersonId
from notifier.delivery.preferences import DEFAULT, Preferences
from runtime.postgres.tables import acquire_connection, transaction

SELECT_PREFERENCES: Final = """
    SELECT person_id, wishes FROM notifier.preferences WHERE person_id = ANY($1::uuid[])
"""
UPSERT_PREFERENCES: Final = """
    INSERT INTO notifier.preferences (person_id, wishes) VALUES ($1, $2)
    ON CONFLICT (person_id) DO UPDATE SET wishes = excluded.wishes
"""
# What quiet hours have put off is due again. In order of ids, as whoever else locks several.
LET_GO: Final = """
    WITH put_off AS (
        SELECT id FROM notifier.notices
        WHERE recipient = $1 AND state = 'waiting' AND holder IS NULL AND NOT unapproved
          AND try_at > due_at
        ORDER BY id FOR UPDATE
    )
    UPDATE notifier.notices n SET try_at = n.due_at FROM put_off WHERE n.id = put_off.id
"""


class PreferenceStore:
    """Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def load(self, person_id: PersonId) -> Preferences:
        """Return the person's preferences; DEFAULT if none were saved."""
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_PREFERENCES, [person_id])
        return DEFAULT if row is None else preferences_from(row["wishes"])

    async def save(
        self, person_id: PersonId, preferences: Preferences, *, dry_run: bool = False
    ) -> None:
        """Replace the person's preferences, and let what was put off be tried again: the new ones
        decide. Only a notice that is being sent meanwhile may still follow the old ones. With
        `dry_run` nothing is changed."""
        async with transaction(self._pool, dry_run=dry_run) as connection:
            await connection.execute(UPSERT_PREFERENCES, person_id, preferences)
            await connection.execute(LET_GO, person_id)


def preferences_from(stored: Mapping[str, Any]) -> Preferences:
    """Return preferences made of the stored JSON. Raises msgspec.ValidationError."""
    return msgspec.convert(stored, Preferences)
