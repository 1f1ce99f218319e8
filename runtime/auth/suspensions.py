"""Tells which people are suspended, without a query for each request.

It reads the tables twice a second.
"""

import asyncio
from contextlib import suppress
from typing import Final, NoReturn

import asyncpg

from contracts.errors import Unavailable
from contracts.values.ids import PersonId
from runtime.postgres.tables import TablesUnavailable, acquire_connection

POLL_S: Final = 0.5


class SuspensionWatch:
    """Tells whether a person is suspended. `run` must be running.

    While PostgreSQL is unavailable, its last answer counts.
    """

    def __init__(self, pool: asyncpg.Pool, select: str) -> None:
        """`select` is SQL that returns the ids of the suspended people."""
        self._pool = pool
        self._select = select
        self._suspended: frozenset[str] | None = None

    @property
    def known(self) -> bool:
        """Whether PostgreSQL has answered once."""
        return self._suspended is not None

    def __call__(self, person_id: PersonId) -> bool:
        """Return whether the person is suspended. Raises Unavailable until PostgreSQL has
        answered once, because nobody may be let in unchecked."""
        if self._suspended is None:
            raise Unavailable
        return person_id in self._suspended

    async def run(self) -> NoReturn:
        """Read the tables again and again."""
        while True:
            await self.look()
            await asyncio.sleep(POLL_S)

    async def look(self) -> None:
        """Read the tables once. Changes nothing if PostgreSQL is unavailable."""
        with suppress(TablesUnavailable):
            async with acquire_connection(self._pool) as connection:
                rows = await connection.fetch(self._select)
            self._suspended = frozenset(row["person_id"] for row in rows)
