"""Who is shut out, as the tables say: looked up twice a second, so that a request costs
nothing for it."""

import asyncio
from contextlib import suppress
from typing import Final, NoReturn

import asyncpg

from contracts.errors import Unavailable
from contracts.ids import PersonId
from runtime.postgres.tables import TablesUnavailable, acquire_connection

POLL_S: Final = 0.5


class SuspensionWatch:
    """Call it with a person's id while `run` runs. `select` gives the ids of the suspended.
    While PostgreSQL is away, what it said last holds."""

    def __init__(self, pool: asyncpg.Pool, select: str) -> None:
        self._pool = pool
        self._select = select
        self._suspended: frozenset[str] | None = None

    @property
    def known(self) -> bool:
        """Whether PostgreSQL has answered once."""
        return self._suspended is not None

    def __call__(self, person_id: PersonId) -> bool:
        """Raises Unavailable until PostgreSQL has answered once: nobody is let in unlooked at."""
        if self._suspended is None:
            raise Unavailable
        return person_id in self._suspended

    async def run(self) -> NoReturn:
        while True:
            await self.look()
            await asyncio.sleep(POLL_S)

    async def look(self) -> None:
        """Look once; nothing changes if PostgreSQL is away."""
        with suppress(TablesUnavailable):
            async with acquire_connection(self._pool) as connection:
                rows = await connection.fetch(self._select)
            self._suspended = frozenset(row["person_id"] for row in rows)
