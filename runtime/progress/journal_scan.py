"""Reads the journal from its first record on, as far as some tables are."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from contracts.journal.records import Commit
from runtime.journal.port import Journal
from runtime.journal.tail import Accepted, Tail
from runtime.postgres.tables import TablesUnavailable
from runtime.progress.reporting import Progress, ReportLine

FETCH_WAIT_S: Final = 1.0
SILENCE_S_MAX: Final = 10.0
"""For so long at most a record may not come that the tables have already."""


class JournalScan:
    """One reading of the journal, which can be continued. Close it at the end."""

    def __init__(self, journal: Journal, take: Callable[[Commit], None], first: int = 0) -> None:
        """`take` is called with each Commit from the position `first` on, in order."""
        self.reached = 0
        """Position of the last record that was read."""
        self._take = take
        self._first = first
        self._tail = Tail(journal)
        self._fetched: deque[Accepted] = deque()

    async def read_to(self, target: int) -> AsyncGenerator[ReportLine, None]:
        """Read the records up to `target`, which some tables have. Yields lines of progress.
        Raises JournalBroken, and TablesUnavailable if the journal does not bring them."""
        progress = Progress("journal", target)
        while self.reached < target:
            accepted = await self._next()
            self.reached = accepted.position.state.seq
            if isinstance(accepted.record, Commit) and self.reached >= self._first:
                self._take(accepted.record)
            if progress.must_rest() and await progress.rest():
                yield progress.line(self.reached)
        yield progress.line(self.reached)

    async def catch_up(self, target: int) -> None:
        """Read on to `target`. Raises as `read_to` does."""
        async with aclosing(self.read_to(target)) as lines:
            async for _ in lines:
                pass

    async def close(self) -> None:
        await self._tail.close()

    async def _next(self) -> Accepted:
        loop = asyncio.get_running_loop()
        begun_at = loop.time()
        while not self._fetched:
            self._fetched.extend(await self._tail.fetch(FETCH_WAIT_S))
            if not self._fetched and loop.time() - begun_at > SILENCE_S_MAX:
                raise TablesUnavailable("the journal is behind the tables", "overloaded")
        return self._fetched.popleft()
