"""Follows the journal, stands for leader, and leads.

One task reads the journal. Another keeps the time: it sends heartbeats and claims, and meets
deadlines. A reign begins when the reader accepts a Claim of this process. If the writer of that
Claim has been given up meanwhile, a third task first opens a new writer, and leads only if
nothing else was accepted until then. A reign ends when the reader accepts another Claim, or by
itself. All tasks run in one event loop, and none awaits anything while it changes who leads, so
no task sees a change half done.

This module and `reign` keep the rules L1 to L8 of docs/architecture.md §1. `answering` answers
the clients.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final, NamedTuple

from command_api.domain.rules import Rules
from command_api.image.checkpoints import STORE_LIMITS, StoreLimits
from command_api.image.image import Image
from command_api.image.keeper import ImageKeeper
from command_api.image.store import ImageStore, StoreDamaged
from command_api.leader.deadlines import DueCommands
from command_api.leader.ports import UNOBSERVED, Observer, Render, WallClock
from command_api.leader.reign import RECORDS_MAX, RESIGNED, Reign
from command_api.leader.timing import Timing
from contracts.errors import OutcomeUnknown
from contracts.journal.acceptance import JournalBroken, ReaderState
from contracts.journal.concealment import FingerprintKey
from contracts.journal.records import Barrier, Claim, Commit, Moved, Record, Resign, encode_record
from contracts.values.describing import describe_error
from runtime.journal.port import Appended, Journal, JournalError, JournalWriter
from runtime.journal.tail import Accepted, Tail
from runtime.process.clock_watch import ClockWatch
from runtime.process.tasks import end, run_aside

log = logging.getLogger(__name__)

RETRY_S: Final = 0.1
RETRY_ALONE_S: Final = 1.0


class SentClaim(NamedTuple):
    """The newest Claim of this process, and the writer to lead with if it is accepted."""

    nonce: str
    writer: JournalWriter


class Node:
    """A member of the cell: it follows the leader, stands for leader, or leads."""

    def __init__(
        self,
        *,
        journal: Journal,
        fingerprint_key: FingerprintKey,
        own_url: str,
        clock: WallClock,
        steady: Callable[[], float],
        render: Render,
        random: Random,
        new_nonce: Callable[[], str],
        rules: Rules,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        records_max: int = RECORDS_MAX,
        observer: Observer = UNOBSERVED,
        store: ImageStore | None = None,
        store_limits: StoreLimits = STORE_LIMITS,
    ) -> None:
        self._journal = journal
        self.keeper = ImageKeeper(journal, fingerprint_key, store, store_limits)
        self.own_url = own_url
        self._render = render
        self._random = random
        self._new_nonce = new_nonce
        self._rules = rules
        self._timing = timing
        self._records_max = records_max
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._clock_watch = ClockWatch(clock, steady, watching=not timing.alone)
        self._claims: dict[str, float] = {}
        """When each Claim of this process was sent, by nonce. A Claim may land minutes late, and
        then this process leads."""
        self._newest_claim: SentClaim | None = None
        self._late_start: asyncio.Task[None] | None = None
        self._claimed_in_vain = False
        self._timeout_s = timing.heartbeat_timeout_s
        self._stand_at = self._loop.time()
        self._stopping = False
        self.leader_change: asyncio.Future[None] = self._loop.create_future()
        """Done when the leader changes; then a new future takes its place."""
        self._due_commands = DueCommands(self.image.agenda)
        self.tail = Tail(journal)
        self.reign: Reign | None = None
        self._last_reign: Reign | None = None
        self.leader_url: str | None = None
        """The address of the leader; None if it is this process, or unknown."""
        self.problem: str | None = None
        """Why the last reign ended or the last claim failed; None since a reign began."""
        self._moved_at = 0.0
        self.without_writes_s: float | None = None
        """How long nobody led while the journal went over to a renewed one, the last time that
        this process has seen it."""
        self.caught_up = asyncio.Event()
        """Set once this process has read the records that were there when it started."""

    # Lifecycle

    async def run(self) -> None:
        """Work until cancelled. Raises JournalBroken if the journal cannot be trusted."""
        while True:
            await self._begin()
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow())
                    tasks.create_task(self._keep_time())
            except* JournalBroken as broken:
                raise broken.exceptions[0] from None
            except* StoreDamaged as damaged:
                reason = describe_error(damaged.exceptions[0])
                log.error("the image is read anew", extra={"reason": reason})
            finally:
                if self.reign is not None:
                    self.reign.end("the process stops")
            if self._stopping:  # A cancellation that comes together with the damage is lost.
                raise asyncio.CancelledError

    async def _begin(self) -> None:
        """Begin at the checkpoint on disk, or at the first record. Nobody may lead meanwhile."""
        await end(self._late_start)
        await self.tail.close()
        self.caught_up.clear()
        self.tail = Tail(self._journal, await self.keeper.begin(), recall=self._recall)
        self._due_commands = DueCommands(self.image.agenda)
        self._note_leader(self.image.leader_url)
        self._put_off_standing()

    async def resign(self) -> None:
        """Stop standing for leader. If this process leads, hands over first and returns once
        that is done or has failed."""
        self._stopping = True
        if self.reign is not None:
            await self.reign.resign()

    async def close(self) -> None:
        """Close the writers and the reader. To be called after `run` has ended."""
        if self._newest_claim is not None:
            await self._newest_claim.writer.close()
        if self._last_reign is not None and self._last_reign.closing is not None:
            await self._last_reign.closing
        await self.tail.close()
        await self.keeper.close()

    @property
    def image(self) -> Image:
        """The image of the accepted records."""
        return self.keeper.image

    @property
    def leading(self) -> bool:
        return self.reign is not None and self.reign.leading

    @property
    def clock_right(self) -> bool:
        """Whether this process's clock is near enough to the journal's for it to lead."""
        return self._clock_watch.right

    @property
    def clock_skew_s(self) -> float:
        """Seconds by which this process's clock is ahead of the journal's, as far as is known."""
        return self._clock_watch.skew_s

    def _announce_leader_change(self) -> None:
        change, self.leader_change = self.leader_change, self._loop.create_future()
        change.set_result(None)

    # Reading

    async def _follow(self) -> None:
        journal_end = await self._find_journal_end()
        generation = self.tail.log.generation
        while True:
            if self.tail.log.generation != generation:
                if not self.caught_up.is_set():
                    journal_end = await self._find_journal_end()  # Offsets are those of a log.
                generation = self.tail.log.generation
                self._put_off_standing(resigned=True)
            if not self.caught_up.is_set() and self.tail.seen_offset >= journal_end - 1:
                self.caught_up.set()
                self._put_off_standing()
            accepted = await self.tail.fetch(wait_s=1.0)
            for one in accepted:
                self._accept(one)
            if accepted:
                self._put_off_standing(resigned=isinstance(accepted[-1].record, Resign))
            if accepted and self.caught_up.is_set():
                self._compare_clocks(accepted[-1])
            await self.keeper.note_folded(
                self.tail.position, caught_up=self.caught_up.is_set(), leading=self.leading
            )

    def _compare_clocks(self, newest: Accepted) -> None:
        """Compare this process's clock with the stamp of the newest record, whoever wrote it.
        To be called before anything else is decided."""
        on_its_way_s = 0.0 if self.reign is None else self.reign.settles_within_s
        self._clock_watch.compare(newest.stamp_ms, on_its_way_s=on_its_way_s)

    async def _find_journal_end(self) -> int:
        while True:
            try:
                return await self.tail.find_end()
            except JournalError as error:
                log.warning("journal unavailable", extra={"reason": describe_error(error)})
                await asyncio.sleep(RETRY_S)

    def _accept(self, accepted: Accepted) -> None:
        record = accepted.record
        if isinstance(record, Claim):
            self._accept_claim(record, accepted)
            return
        layer = self.reign.read_back(accepted) if self.reign is not None else None
        match record:
            case Commit():
                self.image.fold(record, layer)
                if layer is not None and self.reign is not None:
                    self.reign.forget(layer)
            case Barrier():
                self.image.advance(record)
            case Resign() | Moved():
                self.image.note_leader(record)
                self._note_leader(None)
                if isinstance(record, Moved):
                    self._moved_at = self._loop.time()

    def _accept_claim(self, claim: Claim, accepted: Accepted) -> None:
        if self.reign is not None:
            self.reign.end(f"term {claim.term} was claimed by {claim.leader_url}")
        self.image.note_leader(claim)
        self._note_leader(claim.leader_url)
        if self._moved_at:
            self.without_writes_s, self._moved_at = self._loop.time() - self._moved_at, 0.0
        sent_at = self._claims.pop(claim.nonce, None)  # Spent: nobody leads twice on it.
        if sent_at is not None:
            state, round_trip_s = accepted.position.state, self._loop.time() - sent_at
            if self._newest_claim is not None and self._newest_claim.nonce == claim.nonce:
                self._lead(state, self._newest_claim.writer, round_trip_s)
            else:
                leading = self._lead_late(state, round_trip_s)
                self._late_start = run_aside(leading, "late start of a reign")
        self._announce_leader_change()

    def _recall(self, record_hash: str) -> Record | None:
        return None if self.reign is None else self.reign.recall(record_hash)

    def _note_leader(self, url: str | None) -> None:
        self.leader_url = url if url != self.own_url else None

    # Leading

    async def _lead_late(self, state: ReaderState, round_trip_s: float) -> None:
        """Lead under a Claim whose writer has been given up since."""
        try:
            async with asyncio.timeout(self._timing.heartbeat_timeout_s):
                writer = await self.tail.log.open_writer()
        except (JournalError, TimeoutError) as error:
            log.warning("cannot lead", extra={"reason": describe_error(error)})
            return
        if self.tail.position.state == state:
            self._lead(state, writer, round_trip_s)
        else:
            await writer.close()

    def _lead(self, state: ReaderState, writer: JournalWriter, round_trip_s: float) -> None:
        self._timeout_s = self._timing.heartbeat_timeout_s
        self._claimed_in_vain = False
        self.problem = None
        self.reign = self._last_reign = reign = Reign(
            image=self.image,
            claim=state,
            generation=self.tail.log.generation,
            writer=writer,
            clock_watch=self._clock_watch,
            render=self._render,
            rules=self._rules,
            read_back_s_max=max(self._timing.read_back_s_min, 2 * round_trip_s),
            records_max=self._records_max,
            observer=self._observer,
        )
        self._due_commands = DueCommands(self.image.agenda)
        reign.ended.add_done_callback(lambda _: self._note_end_of_reign(reign))
        self._announce_leader_change()
        log.info("leading", extra={"term": state.term, "seq": state.seq})

    def _note_end_of_reign(self, reign: Reign) -> None:
        level = logging.INFO if reign.ended.result() == RESIGNED else logging.WARNING
        log.log(level, "leads no more", extra={"reason": reign.ended.result()})
        self.problem = reign.ended.result()
        if self.reign is reign:
            self.reign = None
        self._announce_leader_change()
        self._put_off_standing()

    async def _keep_time(self) -> None:
        """Send heartbeats and claims, and meet deadlines, when their time has come."""
        while True:
            await asyncio.sleep(self._timing.tick_s)
            self.keeper.check()
            if self.reign is not None:
                await self._tick_leader(self.reign)
            elif self._may_stand():
                await self._claim()

    async def _tick_leader(self, reign: Reign) -> None:
        reign.check_read_back()
        if not reign.leading:
            return
        if reign.worn_out:
            await reign.resign()
            return
        with suppress(OutcomeUnknown):  # The clock is wrong: the reign is handing over.
            self._due_commands.give(reign, reign.now())
            silent_s = self._loop.time() - reign.last_sent_at
            if not self._timing.alone and silent_s >= self._timing.heartbeat_timeout_s / 3:
                reign.send_barrier()

    # Standing for leader

    def _may_stand(self) -> bool:
        """Whether this process may claim now.

        If its clock seems wrong, it leaves that to the others for longer, but not for ever: the
        comparison may be out of date, and only a new record corrects it, such as its own Claim.
        If the clock is indeed wrong, it hands over before it has decided anything.
        """
        doubt_s = 0.0 if self._clock_watch.right else self._timing.timeout_s_max
        return (
            self.caught_up.is_set()
            and not self._stopping
            and self.tail.moved_to is None
            and self._loop.time() >= self._stand_at + doubt_s
        )

    def _put_off_standing(self, *, resigned: bool = False) -> None:
        """Start the wait for silence again: an accepted record shows that its writer is alive."""
        if self._timing.alone:
            wait_s = 0.0
        elif resigned:
            wait_s = self._timing.after_resign_s * (1 + self._random.random())
        else:
            wait_s = self._timeout_s * (1 + self._random.random() / 2)
        self._stand_at = self._loop.time() + wait_s

    async def _claim(self) -> None:
        """Send a Claim that follows the accepted state.

        After a Claim without effect, the next one waits twice as long. So on a slow journal
        everybody's patience grows until a Claim lands and its first heartbeat arrives in time.
        A process that is alone need not wait for others.
        """
        if self._claimed_in_vain and not self._timing.alone:
            self._timeout_s = min(2 * self._timeout_s, self._timing.timeout_s_max)
        self._stand_at = self._loop.time() + self._timeout_s * (1 + self._random.random() / 2)
        try:
            async with asyncio.timeout(self._timeout_s):
                writer = await self.tail.log.open_writer()
        except (JournalError, TimeoutError) as error:
            self._note_failed_claim(str(error) or "the journal does not answer")
            return
        if self._newest_claim is not None:
            await self._newest_claim.writer.close()
        state = self.tail.position.state
        claim = Claim(
            term=state.term + 1,
            seq=state.seq + 1,
            prev_hash=state.hash,
            nonce=self._new_nonce(),
            leader_url=self.own_url,
        )
        self._claimed_in_vain = True
        self._claims[claim.nonce] = self._loop.time()
        self._newest_claim = SentClaim(claim.nonce, writer)
        writer.append(encode_record(claim)).add_done_callback(self._note_acknowledged_claim)

    def _note_acknowledged_claim(self, claimed: asyncio.Future[Appended]) -> None:
        """Note why a Claim failed. It may land all the same, so its nonce is remembered."""
        if not claimed.cancelled() and (error := claimed.exception()) is not None:
            self._note_failed_claim(str(error))

    def _note_failed_claim(self, reason: str) -> None:
        if self.problem != reason:
            log.warning("cannot stand for leader", extra={"reason": reason})
        self.problem = reason
        if self._timing.alone:
            self._stand_at = self._loop.time() + RETRY_ALONE_S
