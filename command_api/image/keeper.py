"""Keeps the image of a process: begins it from the store, and keeps the store up to date."""

import asyncio
import logging
from typing import Final

from command_api.image.checkpoints import STORE_LIMITS, Checkpoints, StoreLimits
from command_api.image.image import Image
from command_api.image.restoring import restore
from command_api.image.store import Checkpoint, ImageStore, StoreUnavailable
from contracts.journal.concealment import FingerprintKey
from contracts.values.describing import describe_error
from runtime.journal.port import Journal, JournalError
from runtime.journal.tail import START, Position

log = logging.getLogger(__name__)

RETRY_S: Final = 0.1


class ImageKeeper:
    """Holds the image of a process. Without a store it is in memory only."""

    def __init__(
        self,
        journal: Journal,
        fingerprint_key: FingerprintKey,
        store: ImageStore | None = None,
        limits: StoreLimits = STORE_LIMITS,
    ) -> None:
        self._journal = journal
        self._fingerprint_key = fingerprint_key
        self._store = store
        self._limits = limits
        self._checkpoints: Checkpoints | None = None
        self._failure: str | None = None
        self.image = Image(fingerprint_key=fingerprint_key)

    @property
    def problem(self) -> str | None:
        """Why no checkpoint can be written, or None."""
        return self._checkpoints.problem if self._checkpoints is not None else self._failure

    @property
    def written_to(self) -> int:
        """`seq` of the newest record in the checkpoint on disk; 0 without one."""
        return self._checkpoints.written_to.state.seq if self._checkpoints is not None else 0

    async def begin(self) -> Position:
        """Begin the image anew. Return the position from which to follow the journal."""
        await self._stop_writing()
        checkpoint: Checkpoint | None = None
        self.image = Image(fingerprint_key=self._fingerprint_key)
        self._checkpoints, self._failure = None, None
        if self._store is None:
            return START
        try:
            checkpoint = await self._restore(self._store)
        except StoreUnavailable as error:
            log.error(
                "no store: the image is in memory only", extra={"reason": describe_error(error)}
            )
            self._failure = str(error)
            return START
        position = START if checkpoint is None else checkpoint.position
        self.image = Image(
            self._store,
            checkpoint,
            fingerprint_key=self._fingerprint_key,
            cached_max=self._limits.cached_max,
        )
        self._checkpoints = Checkpoints(self.image, self._store, position, self._limits)
        return position

    async def note_folded(self, position: Position, *, caught_up: bool, leading: bool) -> None:
        """Write a checkpoint if it is time to: the image holds all up to `position`. A process
        that leads never waits; another one waits for a write that is far behind.
        """
        if self._checkpoints is not None:
            self._checkpoints.caught_up = caught_up
            self._checkpoints.consider(position)
            if not leading:
                await self._checkpoints.keep_up(position)

    def check(self) -> None:
        """Raises StoreDamaged if a read has found that the store cannot be used. `begin` sets
        it aside."""
        in_use = self._checkpoints is not None
        if in_use and self._store is not None and self._store.damage is not None:
            raise self._store.damage

    async def close(self) -> None:
        """Let go of the store."""
        await self._stop_writing()
        if self._store is not None:
            await self._store.close()

    async def _stop_writing(self) -> None:
        if self._checkpoints is not None:
            await self._checkpoints.stop()

    async def _restore(self, store: ImageStore) -> Checkpoint | None:
        while True:
            try:
                return await restore(store, self._journal)
            except JournalError as error:
                log.warning("journal unavailable", extra={"reason": describe_error(error)})
                await asyncio.sleep(RETRY_S)
