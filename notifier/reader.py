"""The loop from the journal to the outbox.

Notices, state and position move in one transaction, and a batch that finds the position
moved by somebody else is not written. After a crash anywhere, reading goes on from the
stored position, and everything is said once.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, NoReturn

from contracts.errors import ProjectionBehind
from contracts.journal.records import Commit
from notifier import metrics
from notifier.store.outbox import Outbox
from runtime.calls.store_retry import StoreRetry
from runtime.journal.port import Journal
from runtime.journal.tail import START, Accepted, Position, Tail
from runtime.postgres.tables import RowsRefused, TablesUnavailable

log = logging.getLogger(__name__)


class Limits(NamedTuple):
    batch_commits_max: int = 500
    idle_wait_s: float = 1.0
    """How long to wait for a record before looking whether the journal is there at all."""


class JournalReader:
    """One reader of the journal, and the only writer of the notifier's state. Runs once."""

    def __init__(
        self,
        journal: Journal,
        outbox: Outbox,
        *,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        on_notices: Callable[[], None] = lambda: None,
        on_read: Callable[[Accepted], None] = lambda _: None,
        store_retry: StoreRetry | None = None,
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._limits = limits
        self._on_notices = on_notices
        self._on_read = on_read
        self._tail = Tail(journal)
        self._moved = asyncio.Event()
        self.position: Position = START
        """Where the tables are."""
        self._store_retry = store_retry or StoreRetry("outbox", TablesUnavailable)

    @property
    def tables_available(self) -> bool:
        return self._store_retry.available

    @property
    def journal_available(self) -> bool:
        return self._tail.available

    async def run(self) -> NoReturn:
        """Follow the journal. Raises JournalBroken, and Fenced where another notifier reads
        into the same tables."""
        self._move(await self._store_retry.until_available(self._outbox.position))
        self._tail = Tail(self._journal, self.position)
        try:
            while True:
                records = await self._tail.fetch(self._limits.idle_wait_s)
                if records:
                    self._on_read(records[-1])
                for part in _parts(records, self._limits.batch_commits_max):
                    await self._store(part)
        finally:
            await self._tail.close()

    async def reach(self, seq: int, wait_s: float) -> None:
        """Wait until the outbox follows the journal up to `seq`. Raises ProjectionBehind."""
        try:
            async with asyncio.timeout(wait_s):
                while self.position.state.seq < seq:
                    await self._moved.wait()
        except TimeoutError as error:
            raise ProjectionBehind(seq, self.position.state.seq) from error

    async def _store(self, records: Sequence[Accepted]) -> None:
        """Write what the records come to; narrow down and park what the tables refuse."""
        try:
            await self._write(records)
        except RowsRefused as refused:
            if len(records) > 1:
                middle = len(records) // 2
                await self._store(records[:middle])
                await self._store(records[middle:])
            else:
                await self._write(records, str(refused))

    async def _write(self, records: Sequence[Accepted], refusal: str | None = None) -> None:
        commits = [one.record for one in records if isinstance(one.record, Commit)]
        reached = records[-1].position
        tried = False

        async def write() -> None:
            nonlocal tried
            # An attempt whose answer was lost may have been written after all.
            if tried and await self._outbox.position() == reached:
                return
            tried = True
            written = await self._outbox.write(commits, self.position, reached, refusal)
            for letter in written.letters:
                log.error("event parked", extra={"position": letter.seq, "reason": letter.reason})
            metrics.DEAD_LETTERS.inc(len(written.letters))

        await self._store_retry.until_available(write)
        self._move(reached)
        if commits:
            self._on_notices()

    def _move(self, reached: Position) -> None:
        self.position = reached
        self._moved.set()
        self._moved = asyncio.Event()


def _parts(records: Sequence[Accepted], size: int) -> Iterator[Sequence[Accepted]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]
