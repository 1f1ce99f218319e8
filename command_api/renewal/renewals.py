"""Renews the journal of a cell (docs/decisions/0018-the-renewed-journal.md).

The leader copies the log into a new one while commands go on, then closes the old log with a
Moved and carries the rest over. From the Moved on the renewal must be finished: if the process
that began it dies, any other command process does so. Before it, a half-made log is dropped.

Every command process runs `Renewals`. Whoever leads also records how renewals ended, and drops the
logs that are no longer needed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any, Final

from command_api.leader.node import Node
from command_api.leader.ports import Peers
from command_api.leader.reign import Reign
from command_api.renewal.acts import RenewalActs
from command_api.renewal.copying import Copy, CopyFailed
from contracts.errors import NoLeader, Unavailable
from contracts.journal.records import Renewal
from contracts.journal.renewal import UpdateCommand
from contracts.representations import RenewalPhase, RenewalResponse
from contracts.values.describing import describe_error
from runtime.journal.port import Journal, JournalError
from runtime.process.tasks import end, start_for

log = logging.getLogger(__name__)

TICK_S: Final = 0.1
RETRY_S: Final = 2.0


class Interrupted(Exception):
    """The renewal ended before the old log was closed."""


class Renewals:
    """Begins a renewal if it is asked to, and finishes and tidies up those of others."""

    def __init__(
        self,
        node: Node,
        *,
        peers: Peers,
        clock: Callable[[], datetime],
        random: Random,
        patience_s: float,
        keep_old_s: float,
        update_command: UpdateCommand,
    ) -> None:
        """Another process's renewal is finished here if nobody else has after `patience_s` or up
        to twice as long. A leader keeps the old log for `keep_old_s` after it began to lead."""
        self._node = node
        self._acts = RenewalActs(node)
        self._peers = peers
        self._clock = clock
        self._random = random
        self._patience_s = patience_s
        self._keep_old_s = keep_old_s
        self._update_command = update_command
        self._loop = asyncio.get_running_loop()
        self._renewing: asyncio.Task[None] | None = None
        self._copy: Copy | None = None
        self._phase: RenewalPhase = "none"
        self._problem: str | None = None
        self._tidy_at = 0.0
        self._tidy_reign: Reign | None = None

    async def run(self) -> None:
        """Finish renewals and tidy up until cancelled."""
        try:
            while True:
                await asyncio.sleep(TICK_S)
                if self._renewing is not None and not self._renewing.done():
                    continue
                if self._node.tail.moved_to is not None:
                    await self._finish_in_turn(self._node.tail.moved_to)
                elif self._node.reign is not None and self._node.leading:
                    await self._tidy(self._node.reign)
        finally:
            await end(self._renewing)

    def begin(self, by: str | None = None) -> RenewalResponse:
        """Begin to renew the journal, unless a renewal is on its way. The operator `by` answers for
        it; None if the token names nobody. Raises NoLeader if this process does not lead."""
        if self._renewing is None or self._renewing.done():
            reign = self._node.reign
            if reign is None or not reign.leading:
                raise NoLeader
            self._phase, self._problem = "copying", None
            self._renewing = start_for(
                self._report(self._renew(reign, by)), "renewal of the journal"
            )
        return self.describe()

    async def ask(
        self, *, begin: bool, by: str | None = None, forwarded: bool = False
    ) -> RenewalResponse:
        """Return how far the renewal is, from whichever process leads. With `begin`, begins one as
        `begin` does. Raises NoLeader, and OutcomeUnknown if the leader's answer is lost."""
        busy = self._renewing is not None and not self._renewing.done()
        if self._node.leading or busy:
            return self.begin(by) if begin else self.describe()
        if forwarded or self._node.leader_url is None:
            raise NoLeader
        return await self._peers.ask_renewal(self._node.leader_url, begin=begin, by=by)

    def describe(self) -> RenewalResponse:
        """Return how far the renewal is that this process began last, and which log is in use."""
        return RenewalResponse(
            generation=self._node.tail.log.generation,
            phase=self._phase,
            position=self._copy.position if self._copy is not None else 0,
            of=self._node.tail.position.state.seq,
            without_writes_s=self._node.without_writes_s,
            problem=self._problem,
        )

    async def _report(self, renewing: Coroutine[Any, Any, None]) -> None:
        try:
            await renewing
            self._phase = "done"
        except Exception as error:  # Whatever it is, whoever asked for the renewal wants to know.
            log.warning("the journal is not renewed", exc_info=error)
            self._phase, self._problem = "failed", f"{type(error).__name__}: {error}"

    async def _renew(self, reign: Reign, by: str | None) -> None:
        """Raises Interrupted, CopyFailed, JournalError and OutcomeUnknown. Unless the old log may
        have been closed for the new one, that is then dropped, by the next leader if this process
        leads no more."""
        if not reign.leading:
            raise Interrupted("the leader changed")  # The number would be another reign's.
        old = self._node.tail.log.at_generation(reign.generation)
        base = self._node.tail.position.state
        await self._drop_others(reign)
        new = old.at_generation(base.seq + 1)
        await new.create()
        copy = self._copy = Copy(old, new, self._update_command)
        caught_up = asyncio.Event()
        copying: asyncio.Task[None] | None = None
        closing = False
        try:
            # Only now: a renewal of which nothing is recorded has not copied anything.
            await self._acts.record_begun(reign, by, new.generation)
            await copy.begin(Renewal(new.generation, base.seq, base.hash, self._clock()))
            head = lambda: self._node.tail.position.state.seq  # noqa: E731
            copying = start_for(copy.run(head, caught_up), "copy of the journal")
            await self._wait_until_near(copying, caught_up, reign)
            self._phase, closing = "switching", True
            log.info("the journal is closed", extra={"generation": new.generation})
            await reign.move(new.generation)
            reader = self._node.tail
            if reader.moved_to is None and reader.log.generation == old.generation:
                raise Interrupted("whether the old log was closed is unknown")
            await self._finish(new.generation, copying)
        except Exception as error:
            if not closing:
                await end(copying)
                await self._give_up(reign, new, error)
            raise
        finally:
            await end(copying)

    async def _give_up(self, reign: Reign, new: Journal, error: Exception) -> None:
        """Record the end, and drop the half-made log. Both are left to the next leader if this
        process leads no more: the log shows that there is an end to record."""
        if not reign.leading:
            return
        with suppress(Unavailable):
            await self._acts.record_end(reign, new.generation, "failed", type(error).__name__)
            await new.drop()

    async def _wait_until_near(
        self, copying: asyncio.Task[None], caught_up: asyncio.Event, reign: Reign
    ) -> None:
        """Return once the copy has caught up. Raises its error, and Interrupted if this process
        leads no more."""
        while not caught_up.is_set():
            if copying.done():
                copying.result()
            if not reign.leading:
                raise Interrupted("the leader changed")
            await asyncio.wait([copying], timeout=TICK_S)

    async def _finish_in_turn(self, generation: int) -> None:
        """Give the process that began the renewal time to finish it, then do so."""
        give_up_at = self._loop.time() + self._patience_s * (1 + self._random.random())
        while self._node.tail.moved_to == generation:
            if self._loop.time() >= give_up_at:
                await self._finish(generation, None)
            else:
                await asyncio.sleep(TICK_S)

    async def _finish(self, generation: int, copying: asyncio.Task[None] | None) -> None:
        """Carry over what is missing, until this process's reader is in the new log."""
        old = self._node.tail.log
        try:
            while self._node.tail.moved_to == generation:
                if copying is None:
                    copy = Copy(old, old.at_generation(generation), self._update_command)
                    copying = start_for(copy.run(lambda: 0, asyncio.Event()), "rest of the journal")
                await asyncio.wait([copying], timeout=TICK_S)
                if copying.done():
                    await self._settle(copying)
                    copying = None
        finally:
            await end(copying)

    async def _settle(self, copying: asyncio.Task[None]) -> None:
        """Wait a little before the next attempt, or for the reader if there was success."""
        try:
            copying.result()
            await asyncio.sleep(TICK_S)
        except (CopyFailed, JournalError) as error:
            log.warning("the renewal goes on", extra={"reason": describe_error(error)})
            await asyncio.sleep(RETRY_S * self._random.random())

    async def _tidy(self, reign: Reign) -> None:
        """Drop what is no longer needed: a half-made log at once, the old one after a while."""
        if reign is not self._tidy_reign:
            self._tidy_reign, self._tidy_at = reign, self._loop.time()
            keep_below = True
        elif self._tidy_at and self._loop.time() >= self._tidy_at + self._keep_old_s:
            keep_below, self._tidy_at = False, 0.0
        else:
            return
        try:
            await self._acts.record_end(reign, reign.generation, "done")
            await self._drop_others(reign, keep_below=keep_below)
        except (JournalError, Unavailable, TimeoutError) as error:
            log.warning("an old log is still there", extra={"reason": describe_error(error)})
            self._tidy_at = self._loop.time() + RETRY_S

    async def _drop_others(self, reign: Reign, *, keep_below: bool = False) -> None:
        """Drop all other logs than that of the reign, the newest first: what was never in force
        goes before the log that a reader might begin with. Before it, how that renewal ended is
        recorded. Raises Unavailable or TimeoutError if this process leads no more.

        An ex-leader that was paused must not drop what is in force by now. So this process proves
        that it still leads after it has found the others. Then none of them is in force, and none
        ever will be: a number is used by one reign only.
        """
        current = self._node.tail.log.at_generation(reign.generation)
        others = [
            number
            for number in reversed(await current.list_generations())
            if number > current.generation or (number < current.generation and not keep_below)
        ]
        if others:
            async with asyncio.timeout(reign.settles_within_s):
                await reign.confirm_leading()
        for number in others:
            if number > current.generation:
                await self._acts.record_end(reign, number, "interrupted")
            await current.at_generation(number).drop()
            log.info("log dropped", extra={"generation": number})
