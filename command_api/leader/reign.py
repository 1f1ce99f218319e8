"""Leads for one reign: from the acceptance of this process's Claim until it stops leading.

Commands are decided one after another on the tentative layer: the accepted state, with the
changes of all records that were sent and not yet read back. Each record names the hash of the
one before it and is sent without waiting. A command is answered once this process's reader has
accepted a record with exactly that hash *and* the journal has acknowledged it. The
acknowledgement alone proves nothing: a record of an ended term is acknowledged like any other.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import perf_counter  # The loop's own clock stands still while a command is decided.
from typing import Final

from command_api.domain.decide import Decision, decide
from command_api.domain.layer import Layer
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from command_api.domain.telling import add_would_tell, list_would_tell
from command_api.image.image import Image
from command_api.image.keys import scope_key
from command_api.leader.command_spans import begin_append
from command_api.leader.log_time import log_time
from command_api.leader.ports import UNOBSERVED, Observer, Render
from command_api.leader.sent_record import Begun, SentRecord
from contracts.errors import CommandError, NeedsFact, OutcomeUnknown, TooLarge
from contracts.events.stored.codec import encode_event
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import (
    RECORD_BYTES_MAX,
    Barrier,
    CommandInfo,
    Commit,
    Moved,
    Outcome,
    Record,
    Resign,
    encode_record,
    hash_record,
    is_its_own_copy,
)
from contracts.values.describing import describe_error
from runtime.journal.port import Appended, JournalWriter
from runtime.journal.tail import Accepted
from runtime.logs.lines import LINES
from runtime.process.clock_watch import ClockWatch, ClockWrong
from runtime.process.tasks import run_aside

log = logging.getLogger(__name__)

RESIGNED: Final = "resigned"
"""Why a reign ends that was handed over, as at every stop of a process."""
RECORDS_MAX: Final = 2**30
"""Most records of one writer: an idempotent Kafka producer's sequence number wraps at 2^31."""


class StoredMeanwhile(Exception):
    """Another record with the command's idempotency key was on its way, and is now settled.

    Whoever catches it looks in the stored answers again: there is the answer, or KeyReused.
    """


class Reign:
    """Decides and sends records for as long as this process leads.

    It is made when a Claim of this process was accepted, and is over once `end` was called.
    """

    def __init__(
        self,
        *,
        image: Image,
        claim: ReaderState,
        generation: int,
        writer: JournalWriter,
        clock_watch: ClockWatch,
        render: Render,
        rules: Rules,
        read_back_s_max: float,
        records_max: int = RECORDS_MAX,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._image = image
        self._writer = writer
        self._clock_watch = clock_watch
        self._render = render
        self._rules = rules
        self._read_back_s_max = read_back_s_max
        self._records_left = records_max
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._tentative = Layer.on(image.accepted)
        self.generation = generation
        """Number of the log in which this process leads."""
        self._term = claim.term
        self._seq = claim.seq
        self._hash = claim.hash
        self._decided_at = image.decided_at
        self._unread: deque[SentRecord] = deque()
        self._records: dict[str, Record] = {}
        """Those that are not read back, by hash."""
        self._by_key: dict[str, SentRecord] = {}
        self._barrier_wanted: asyncio.Future[SentRecord] | None = None
        self._resigned = False
        self._handing_over: asyncio.Task[None] | None = None
        self.last_sent_at = self._loop.time()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        """Done, with the reason, when this process no longer leads."""
        self.closing: asyncio.Task[None] | None = None

    @property
    def settles_within_s(self) -> float:
        """Leading ends if a record is not read back within this many seconds."""
        return self._read_back_s_max

    @property
    def accepted_seq(self) -> int:
        """`seq` of the newest record that counts."""
        return self._image.seq

    @property
    def leading(self) -> bool:
        return not self._resigned and not self.ended.done()

    @property
    def worn_out(self) -> bool:
        """Whether the writer has sent as many records as one writer may."""
        return self._records_left <= 0

    # Commands

    def begin(self, submission: Submission, command: CommandInfo) -> Begun:
        """Decide a command and send its record. Finishing it gives the answer.

        `command` is the submission's identification as the Commit holds it. Raises OutcomeUnknown
        if this process leads no more, NeedsFact and TooLarge. Finishing raises the CommandErrors
        of `decide`, and StoredMeanwhile if a record with the same key was on its way.
        """
        pending = self._by_key.get(scope_key(command.actor, command.idempotency_key))
        if pending is not None:
            return Begun(pending, StoredMeanwhile())
        self._demand_leading()
        began_at, now = perf_counter(), self.now()
        try:
            decision = self._decide(submission, self._tentative, now)
        except NeedsFact:
            raise
        except CommandError as error:
            # Not recorded, so only a later record of ours proves that we were still leading.
            return Begun(self._want_proof(), error)
        body = self._render(decision.layer, submission, decision.outcome)
        if submission.dry_run and not decision.outcome.refused:
            told = list_would_tell(self._tentative, decision.events, now, submission.actor)
            body = add_would_tell(body, told)
        self._observer.observe_decision(perf_counter() - began_at)
        if submission.dry_run:
            return Begun(self._want_proof(), decision.outcome, body)
        return Begun(self._send_commit(command, decision, now), decision.outcome, body)

    def now(self) -> datetime:
        """Return the time to decide at.

        If this process's clock is wrong, hands over and raises OutcomeUnknown: whatever it
        decided until the next tick would be dated wrongly for good.
        """
        try:
            return log_time(self._decided_at, self._clock_watch.now())
        except ClockWrong as error:
            log.error("clock is wrong, handing over", extra={"reason": describe_error(error)})
            self._hand_over()
            raise OutcomeUnknown from error

    def meet_deadline(self, submission: Submission, now: datetime) -> SentRecord | None:
        """Decide a command of the leader's own, and send it. Returns None, and sends nothing, if
        it would record nothing."""
        decision = self._decide(submission, self._tentative, now)
        if not decision.events:
            return None
        command = self._image.keys.conceal(submission.identify())
        return self._send_commit(command, decision, now)

    def is_moot(self, submission: Submission, now: datetime) -> bool:
        """Whether a command of the leader's own would record nothing even if no record that is
        on its way ever counts."""
        return not self._decide(submission, self._image.accepted, now).events

    async def record_act(self, command: CommandInfo, outcome: Outcome) -> None:
        """Record what was done to the journal itself, which changes no aggregate, and return once
        that has been read back. Raises OutcomeUnknown if leading ends first."""
        self._demand_leading()
        now, command = self.now(), self._image.keys.conceal(command)
        unchanged = Decision(outcome, [], Layer.on(self._tentative))
        await self._send_commit(command, unchanged, now).wait()

    async def confirm_leading(self) -> None:
        """Return once a record that was sent after this call has been read back.

        Raises OutcomeUnknown if leading ends first. All callers that wait share one Barrier.
        """
        self._demand_leading()
        sent = await asyncio.shield(self._want_proof())
        await sent.wait()

    # Records

    def send_barrier(self) -> None:
        """Send a Barrier, which shows that this process leads and changes nothing. Raises
        OutcomeUnknown if its clock is wrong."""
        self._decided_at = self.now()
        barrier = Barrier(
            term=self._term,
            seq=self._seq + 1,
            prev_hash=self._hash,
            decided_at=self._decided_at,
        )
        self._send(barrier, encode_record(barrier), None)

    async def resign(self) -> None:
        """Send a Resign, and return once the reign is over, whether it was read back or not."""
        self._hand_over()
        await asyncio.wait([self.ended])

    async def move(self, generation: int) -> None:
        """Close the journal for the one with number `generation`, and return once the reign is
        over, whether the Moved was read back or not."""
        self._leave(Moved(self._term, self._seq + 1, self._hash, generation))
        await asyncio.wait([self.ended])

    def recall(self, record_hash: str) -> Record | None:
        """Return the record with this hash if it is on its way and need not be decoded."""
        record = self._records.get(record_hash)
        return record if record is not None and is_its_own_copy(record) else None

    def read_back(self, accepted: Accepted) -> Layer | None:
        """Settle the record of this term that the reader has just accepted.

        Returns the layer with the changes of a Commit; None for any other record, and for one
        that this reign has not sent. In that case another process writes in this term, which
        the rules of acceptance should make impossible, so the reign ends.
        """
        state = accepted.position.state
        sent = self._unread.popleft() if self._unread else None
        if sent is None or sent.seq != state.seq or sent.hash != state.hash:
            self.end(f"record {state.seq} of this term is not the one sent")
            return None
        record = self._records.pop(sent.hash)
        if isinstance(record, Commit):
            _add_line(record)
        sent.accepted = True
        self._settle(sent)
        return sent.layer

    def forget(self, layer: Layer) -> None:
        """Drop from the tentative layer the changes in `layer`, which the image has absorbed."""
        self._tentative.forget(layer)

    def check_read_back(self) -> None:
        """End the reign if a record has been on its way for too long."""
        if self._unread:
            waiting_s = self._loop.time() - self._unread[0].sent_at
            if waiting_s > self._read_back_s_max:
                self.end(f"record {self._unread[0].seq} not read back after {waiting_s:.1f} s")

    def end(self, reason: str) -> None:
        """Stop leading. The outcome of what is on its way is unknown, and nothing is sent
        again. Does nothing if the reign is over."""
        if self.ended.done():
            return
        self.ended.set_result(reason)
        self._tentative.clear()
        if self._barrier_wanted is not None:
            self._barrier_wanted.set_exception(OutcomeUnknown())
            self._barrier_wanted.exception()  # Nobody needs to be waiting.
            self._barrier_wanted = None
        for sent in (*self._unread, *self._by_key.values()):
            sent.fail()
        self._unread.clear()
        self._records.clear()
        self._by_key.clear()
        self.closing = run_aside(self._writer.close(), "end of a reign")

    # Inside

    def _hand_over(self) -> None:
        """Stop deciding and send a Resign."""
        self._leave(Resign(term=self._term, seq=self._seq + 1, prev_hash=self._hash))

    def _leave(self, last: Resign | Moved) -> None:
        """Stop deciding and send the last record. The reign ends once that is settled, or after
        `settles_within_s`."""
        if not self.leading:
            return
        self._resigned = True
        sent = self._send(last, encode_record(last), None)
        self._handing_over = run_aside(self._end_resigned(sent), "end of a reign")

    async def _end_resigned(self, sent: SentRecord) -> None:
        try:
            async with asyncio.timeout(self._read_back_s_max):
                await sent.wait()
        except (OutcomeUnknown, TimeoutError) as error:
            log.warning("resignation not confirmed", extra={"reason": describe_error(error)})
        self.end(RESIGNED)

    def _decide(self, submission: Submission, layer: Layer, now: datetime) -> Decision:
        return decide(submission, layer, now, self._rules, position=self._seq + 1)

    def _demand_leading(self) -> None:
        if not self.leading:
            raise OutcomeUnknown

    def _send_commit(self, command: CommandInfo, decision: Decision, now: datetime) -> SentRecord:
        """Send the record of a decision and absorb its changes. Raises TooLarge, and then does
        neither: a command that cannot be stored fails alone."""
        command, span = begin_append(command)
        commit = Commit(
            term=self._term,
            seq=self._seq + 1,
            prev_hash=self._hash,
            decided_at=now,
            command=command,
            outcome=decision.outcome,
            events=tuple(encode_event(event) for event in decision.events),
        )
        payload = encode_record(commit)
        if len(payload) > RECORD_BYTES_MAX:
            raise TooLarge(facts={"bytes": len(payload), "bytes_max": RECORD_BYTES_MAX})
        self._tentative.absorb(decision.layer)
        self._decided_at = now
        sent = self._send(commit, payload, decision.layer)
        sent.span = span
        sent.key = scope_key(command.actor, command.idempotency_key)
        self._by_key[sent.key] = sent
        return sent

    def _want_proof(self) -> "asyncio.Future[SentRecord]":
        """Return the promise of a record that is sent after this call. All that wait share one
        Barrier, unless another record comes first."""
        if self._barrier_wanted is None:
            self._barrier_wanted = self._loop.create_future()
            self._loop.call_soon(self._send_wanted_barrier)
        return self._barrier_wanted

    def _send(self, record: Record, payload: bytes, layer: Layer | None) -> SentRecord:
        sent = SentRecord(record.seq, hash_record(payload), layer, self._loop.time())
        self._unread.append(sent)
        self._records[sent.hash] = record
        self._seq, self._hash = sent.seq, sent.hash
        self.last_sent_at = sent.sent_at
        self._records_left -= 1
        self._writer.append(payload).add_done_callback(partial(self._note_acknowledgement, sent))
        if self._barrier_wanted is not None:
            self._barrier_wanted.set_result(sent)
            self._barrier_wanted = None
        return sent

    def _send_wanted_barrier(self) -> None:
        if self._barrier_wanted is not None and self.leading:
            with suppress(OutcomeUnknown):  # A Resign was sent instead, and does as well.
                self.send_barrier()

    def _note_acknowledgement(
        self, sent: SentRecord, acknowledgement: asyncio.Future[Appended]
    ) -> None:
        if acknowledgement.cancelled():
            self.end(f"send of record {sent.seq} was cancelled")
            return
        if (error := acknowledgement.exception()) is not None:
            self.end(f"send of record {sent.seq} failed: {error}")
            return
        sent.acknowledged = True
        self._settle(sent)

    def _settle(self, sent: SentRecord) -> None:
        sent.settle_if_complete()
        if not sent.settled:
            return
        if sent.accepted and sent.acknowledged:  # It may have failed with its reign instead.
            self._observer.observe_round_trip(self._loop.time() - sent.sent_at)
        if sent.key is not None:
            self._by_key.pop(sent.key, None)


def _add_line(commit: Commit) -> None:
    """Add the line of a recorded command to the log. The leader that recorded it does so, and
    nobody else."""
    command, outcome = commit.command, commit.outcome
    LINES.add_command(
        command.kind,
        outcome.code,
        commit.seq,
        traceparent=command.traceparent,
        person_id=command.actor,
        refused=outcome.refused,
    )
