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
        """Replace the person's preferences. With `dry_run` nothing is changed."""
        async with transaction(self._pool, dry_run=dry_run) as connection:
            await connection.execute(UPSERT_PREFERENCES, person_id, preferences)


def preferences_from(stored: Mapping[str, Any]) -> Preferences:
    """Return preferences made of the stored JSON. Raises msgspec.ValidationError."""
    return msgspec.convert(stored, Preferences)
