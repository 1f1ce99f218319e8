"""Holds what a leader knows of a record it has sent, until the record is settled."""

import asyncio

from command_api.domain.layer import Layer
from contracts.errors import OutcomeUnknown


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
    )

    def __init__(self, seq: int, record_hash: str, layer: Layer | None, sent_at: float) -> None:
        self.seq = seq
        self.hash = record_hash
        self.layer = layer
        self.sent_at = sent_at
        self.key: str | None = None
        """The scoped idempotency key of its command, if it is a Commit."""
        self.accepted = False
        self.acknowledged = False
        self._failed = False
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def settled(self) -> bool:
        """Whether it counts, or leading has ended before that was known."""
        return self._failed or (self.accepted and self.acknowledged)

    async def wait(self) -> None:
        """Return once it is settled. Raises OutcomeUnknown if leading ends first.

        Each waiter has a future of its own, so one that gives up does not affect the others.
        """
        if not self.settled:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting
        if self._failed:
            raise OutcomeUnknown

    def settle_if_complete(self) -> None:
        """Wake the waiters if the record is accepted and acknowledged by now."""
        if self.accepted and self.acknowledged:
            self._wake()

    def fail(self) -> None:
        """Make the waiters fail, unless the record is settled: leading has ended."""
        if not self.settled:
            self._failed = True
            self._wake()

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
