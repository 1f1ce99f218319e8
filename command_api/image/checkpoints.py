"""Writes the changes of an image to its store now and then, off the event loop.

While a write is on its way, or fails, the changes since then stay in memory. A leader never waits
for a write; a follower waits for one that is far behind. A write that failed is tried again with
the same changes, so what is on disk is always one whole checkpoint.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from command_api.image.image import CACHED_MAX, Image
from command_api.image.store import Changes, ImageStore, StoreDamaged, StoreUnavailable
from contracts.values.describing import describe_error
from runtime.journal.tail import Position
from runtime.process.tasks import end, run_aside

log = logging.getLogger(__name__)


class StoreLimits(NamedTuple):
    """How often changes are written, and how many values stay in memory."""

    records_max: int = 10_000
    """A checkpoint is due after so many records,"""
    every_s: float = 30.0
    """or so many seconds after the one before, if anything has changed."""
    catching_up_max: int = 30_000
    """While a process reads what it has missed, a checkpoint is due after so many records: what
    changes several times is written once."""
    ahead_max: int = 40_000
    """So many records after a checkpoint was frozen, a process that does not lead waits until it
    is written. A checkpoint of more is written as fast as the disk can."""
    retry_s: float = 5.0
    """How long to wait after a write that failed."""
    cached_max: int = CACHED_MAX


STORE_LIMITS: Final = StoreLimits()


class Checkpoints:
    """Decides when to write, and writes one checkpoint at a time."""

    def __init__(
        self,
        image: Image,
        store: ImageStore,
        begun_at: Position,
        limits: StoreLimits = STORE_LIMITS,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._image = image
        self._store = store
        self._limits = limits
        self._now = clock or asyncio.get_running_loop().time
        self._written_at = self._now()
        self._frozen_to = begun_at
        self._writing: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        """Set once the write on its way has been tried, even if it is tried again."""
        self.written_to = begun_at
        """Position of the newest checkpoint on disk."""
        self.problem: str | None = None
        """Why nothing can be written now."""
        self.caught_up = False
        """Whether the image has followed the journal to where it ended at the start."""

    def consider(self, position: Position) -> None:
        """Begin to write if it is time to. `position` is that of the newest record folded.

        Call it only where the image holds all of that record, and nothing later."""
        if self._writing is not None or self._store.damage is not None:
            return
        records = position.state.seq - self._frozen_to.state.seq
        waited_s = self._now() - self._written_at
        limits = self._limits
        records_max = limits.records_max if self.caught_up else limits.catching_up_max
        if records >= records_max or (records and waited_s >= limits.every_s):
            self._frozen_to = position
            self._tried.clear()
            changes = self._image.freeze(position)
            at_leisure = self.caught_up and records < limits.ahead_max
            self._writing = run_aside(self._write(changes, at_leisure=at_leisure), "checkpoint")

    async def keep_up(self, position: Position) -> None:
        """Wait for a write if very many records have come since it began. Does not wait for one
        that has failed: the disk may be full for hours."""
        behind = position.state.seq - self._frozen_to.state.seq
        if self._writing is not None and behind >= self._limits.ahead_max:
            await self._tried.wait()

    async def stop(self) -> None:
        """Give up a write on its way. What is on disk stays whole."""
        await end(self._writing)

    async def _write(self, changes: Changes, *, at_leisure: bool) -> None:
        while True:
            try:
                await self._store.write(changes, at_leisure=at_leisure)
                break
            except StoreDamaged:
                self._tried.set()
                return  # The store remembers it; the node folds anew.
            except StoreUnavailable as error:
                if self.problem is None:
                    log.error("checkpoint not written", extra={"reason": describe_error(error)})
                self.problem = str(error)
                self._tried.set()
                await asyncio.sleep(self._limits.retry_s)
        if self.problem is not None:
            log.warning("checkpoints are written again")
        self.problem = None
        self._image.settle()
        self.written_to = changes.checkpoint.position
        self._written_at = self._now()
        if self.caught_up:
            await self._delete_set_aside()
        self._writing = None
        self._tried.set()

    async def _delete_set_aside(self) -> None:
        try:
            await self._store.delete_set_aside()
        except StoreUnavailable as error:  # It is tried again after the next checkpoint.
            log.warning(
                "what was set aside is still there", extra={"reason": describe_error(error)}
            )
