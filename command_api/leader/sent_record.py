"""Holds what a leader knows of a record it has sent, until the record is settled."""

import asyncio

from command_api.domain.layer import Layer
from command_api.leader.ports import Answer
from contracts.errors import OutcomeUnknown
from contracts.journal.records import Outcome
from runtime.traces.spans import Span


class SentRecord:
    """A record on its way. It is settled once this process's reader has accepted it and the
    journal has acknowledged it, or once it has failed."""

    __slots__ = (
        "_failed",
        "_waiting",
        "accepted",
        "acknowledged",
        "hash",
        "key",
        "layer",
        "sent_at",
        "seq",
        "span",
    )

    def __init__(self, seq: int, record_hash: str, layer: Layer | None, sent_at: float) -> None:
        self.seq = seq
        self.hash = record_hash
        self.layer = layer
        self.sent_at = sent_at
        self.key: str | None = None
        """The scoped idempotency key of its command, if it is a Commit."""
        self.span: Span | None = None
        """Ends once the record is settled."""
        self.accepted = False
        self.acknowledged = False
        self._failed = False
        self._waiting: list[asyncio.Future[None]] | None = None

    @property
    def settled(self) -> bool:
        """Whether it counts, or leading has ended before that was known."""
        return self._failed or (self.accepted and self.acknowledged)

    def wait(self) -> "asyncio.Future[None]":
        """Return a future that is done once this is settled, with OutcomeUnknown if leading ends
        first.

        Each waiter has a future of its own, so one that gives up does not affect the others.
        """
        waiting = asyncio.get_running_loop().create_future()
        if self.settled:
            self._tell(waiting)
        elif self._waiting is None:
            self._waiting = [waiting]
        else:
            self._waiting.append(waiting)
        return waiting

    def settle_if_complete(self) -> None:
        """Wake the waiters if the record is accepted and acknowledged by now."""
        if self.accepted and self.acknowledged:
            if self.span is not None:
                self.span.note({"practix.position": self.seq})
                self.span.end()
            self._wake()

    def fail(self) -> None:
        """Make the waiters fail, unless the record is settled: leading has ended."""
        if not self.settled:
            self._failed = True
            if self.span is not None:
                self.span.end(OutcomeUnknown.default_code)
            self._wake()

    def _wake(self) -> None:
        if self._waiting is None:
            return
        for waiting in self._waiting:
            if not waiting.done():
                self._tell(waiting)
        self._waiting = None

    def _tell(self, waiting: "asyncio.Future[None]") -> None:
        if self._failed:
            waiting.set_exception(OutcomeUnknown())
            waiting.exception()  # Its waiter may just have been cancelled.
        else:
            waiting.set_result(None)


Proof = SentRecord | asyncio.Future[SentRecord]
"""A record that shows, once it counts, that this process led when it decided; or the promise of
one."""


class Begun:
    """A command that was decided. What was decided is told once the proof counts."""

    __slots__ = ("_body", "_proof", "_result")

    def __init__(self, proof: Proof, result: Outcome | Exception, body: bytes = b"") -> None:
        self._proof = proof
        self._result = result
        self._body = body

    async def finish(self) -> Answer:
        """Return the answer, or raise the error that was decided. Raises OutcomeUnknown if leading
        ends first."""
        proof = self._proof
        if not isinstance(proof, SentRecord):
            proof = await asyncio.shield(proof)
        await proof.wait()
        if isinstance(self._result, Exception):
            raise self._result
        return Answer(self._result, proof.seq, self._body)
