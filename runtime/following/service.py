"""Starts and stops one reader of the journal, and reports whether it works."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from runtime.following.reader import JournalReader
from runtime.process.readiness import is_ready
from runtime.process.tasks import end, keep_running


class FollowingService:
    """Keeps a store in step with the journal. Start it once and stop it once."""

    def __init__(
        self,
        reader: JournalReader[Any],
        name: str,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`name` is for the log. `prepare` brings the store to this version's shape; it is
        attempted until the store answers, and nothing is read before that."""
        self._reader = reader
        self._prepare = prepare
        self._name = name
        self._running: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """Position up to which the store has followed the journal."""
        return self._reader.position.state.seq

    @property
    def ready(self) -> bool:
        """Whether no entry of `readiness` is False."""
        return is_ready(self.readiness())

    def readiness(self) -> dict[str, Any]:
        """Return the entries of /readyz. The process is not ready if one of them is False."""
        return {
            "running": self._running is not None and not self._running.done(),
            "journal": self._reader.journal_available,
            **self._own_readiness(),
            "position": self.position,
        }

    async def start(self) -> asyncio.Task[None]:
        """Begin to follow. The task ends only with an error (JournalBroken, Fenced,
        MigrationEdited), which ends the process."""
        self._running = keep_running(self.run(), self._name)
        return self._running

    async def run(self) -> None:
        """Prepare the store, however long it is away, and then work."""
        if self._prepare is not None:
            await self._reader.store_retry.attempt_until_available(self._prepare)
        await self._work()

    async def stop(self) -> None:
        """Stop. A batch that is being written is in the store with its position, or will be
        written again."""
        await end(self._running)

    def _own_readiness(self) -> dict[str, Any]:
        """Return the entries of `readiness` about the store. A subclass may add others."""
        return self._reader.store_retry.readiness("tables")

    async def _work(self) -> None:
        await self._reader.run()
