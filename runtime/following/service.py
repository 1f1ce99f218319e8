"""Starts and stops one reader of the journal, and reports whether it works.

Of several processes with a reader of the same store, one is active. The others stand by: they
know how far the store is, and answer requests.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, NoReturn

from runtime.following.metrics import ACTIVE
from runtime.following.reader import JournalReader
from runtime.postgres.active_lock import ActiveLock
from runtime.process.readiness import is_ready
from runtime.process.tasks import end, keep_running, run_together

STANDBY_LOOK_S: Final = 0.5
"""How often a standby looks how far the store is."""


class FollowingService:
    """Keeps a store in step with the journal. Start it once and stop it once."""

    def __init__(
        self,
        reader: JournalReader[Any],
        name: str,
        prepare: Callable[[], Awaitable[None]] | None = None,
        lock: ActiveLock | None = None,
    ) -> None:
        """`name` is for the log. `prepare` brings the store to this version's shape; it is
        attempted until the store answers, and nothing is read before that. Without a `lock` no
        other process has such a reader."""
        self._reader = reader
        self._prepare = prepare
        self._name = name
        self._lock = lock
        self._running: asyncio.Task[None] | None = None
        self._prepared = prepare is None
        ACTIVE.labels(name).set_function(lambda: self.active and self._prepared)

    @property
    def position(self) -> int:
        """Position up to which the store has followed the journal."""
        return self._reader.position.state.seq

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Wait until the store has followed the journal to `seq`. Returns False if it has not
        after `wait_s` seconds."""
        return await self._reader.reach(seq, wait_s)

    @property
    def active(self) -> bool:
        """Whether this process follows the journal."""
        return self._lock is None or self._lock.held

    @property
    def ready(self) -> bool:
        """Whether no entry of `readiness` is False."""
        return is_ready(self.readiness())

    def readiness(self) -> dict[str, Any]:
        """Return the entries of /readyz. The process is not ready if one of them is False. A
        standby is ready, and leaves out the journal, which it does not read. A process that does
        not know yet whether it stands by or has to work is not ready."""
        role = self._role()
        journal = {"journal": self._reader.journal_available} if role == "active" else {}
        lock = {"lock": False} if role == "unknown" else {}
        return {
            "running": self._running is not None and not self._running.done(),
            "role": role,
            **lock,
            **journal,
            **self._own_readiness(),
            "position": self.position,
        }

    async def start(self) -> asyncio.Task[None]:
        """Begin to follow. The task ends only with an error (JournalBroken, Fenced,
        MigrationEdited), which ends the process."""
        self._running = keep_running(self.run(), self._name)
        return self._running

    async def run(self) -> None:
        """Be active whenever this process may, and stand by until then."""
        if self._lock is None:
            await self._be_active()
        else:
            await run_together(
                {
                    self._name: self._lock.run_while_held(self._be_active),
                    f"{self._name} standby": self._stand_by(),
                }
            )

    async def stop(self) -> None:
        """Stop. A batch that is being written is in the store with its position, or will be
        written again."""
        await end(self._running)

    def _role(self) -> Literal["active", "standby", "unknown"]:
        if self._lock is None or self._lock.held:
            return "active"
        return "standby" if self._lock.taken else "unknown"

    def _own_readiness(self) -> dict[str, Any]:
        """Return the entries of `readiness` about the store. A subclass may add others."""
        entries = self._reader.store_retry.readiness("tables")
        if self.active and not self._prepared:
            entries["tables"] = False  # It may answer, but is not yet of this version's shape.
        return entries

    async def _be_active(self) -> None:
        """Prepare the store, however long it is away, and then work."""
        if self._prepare is not None:
            await self._reader.store_retry.attempt_until_available(self._prepare)
            self._prepared = True
        await self._work()

    async def _work(self) -> None:
        await self._reader.run()

    async def _stand_by(self) -> NoReturn:
        while True:
            if not self.active:
                await self._look()
            await asyncio.sleep(STANDBY_LOOK_S)

    async def _look(self) -> None:
        """Do what a standby does again and again."""
        await self._reader.look(lambda: not self.active)
