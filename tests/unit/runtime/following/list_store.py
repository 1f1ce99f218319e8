"""A growing journal and a store that is a list, for tests of readers."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Raw

from contracts.journal.records import (
    GENESIS_HASH,
    Barrier,
    Claim,
    CommandInfo,
    Commit,
    Outcome,
    encode_record,
    hash_record,
)
from runtime.following.reader import BatchLimits, Step
from runtime.journal.tail import START, Position
from runtime.postgres.tables import Fenced, RowsRefused, TablesUnavailable
from tests.histories.list_journal import ListJournal

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
QUICK: Final = BatchLimits(events_max=100, idle_wait_s=0.005)


class GrowingJournal:
    """A journal that grows: a claim, then what a test appends."""

    def __init__(self) -> None:
        self.journal = ListJournal(
            [encode_record(Claim(1, 1, GENESIS_HASH, nonce="n1", leader_url=""))]
        )

    @property
    def seq(self) -> int:
        return len(self.journal.payloads)

    def commit(self, name: str, events: int = 1) -> None:
        record = Commit(
            term=1,
            seq=self.seq + 1,
            prev_hash=hash_record(self.journal.payloads[-1]),
            decided_at=NOON + timedelta(minutes=self.seq),
            command=CommandInfo(name, "Told", "system", name, "f"),
            outcome=Outcome("told"),
            events=(Raw(b"{}"),) * events,
        )
        self.journal.payloads.append(encode_record(record))

    def beat(self) -> None:
        previous = hash_record(self.journal.payloads[-1])
        self.journal.payloads.append(
            encode_record(Barrier(1, self.seq + 1, previous, decided_at=NOON))
        )

    def grow(self, *names: str) -> None:
        for name in names:
            self.commit(name)


Batch = list[str]
"""The names of the Commits; of one that is parked, in brackets."""


class ListStore:
    """A store that is a list, with the faults that a database has."""

    def __init__(self) -> None:
        self.written: list[Batch] = []
        self.steps: list[Step] = []
        self.noted: list[Batch] = []
        self.prepared_after: list[Batch | None] = []
        self.stored = START
        self.refused: set[str] = set()
        self.takes_no_parked = False
        self.answers_lost = 0
        """So many writes are done, but not answered."""
        self.away = 0
        """So many calls find nobody."""
        self.loads = 0

    async def load(self) -> Position:
        self.loads += 1
        return await self.position()

    async def position(self) -> Position:
        self._require_present()
        return self.stored

    async def prepare(self, commits: Sequence[Commit], after: Batch | None, /) -> Batch:
        self.prepared_after.append(after)
        return [commit.command.id for commit in commits]

    def prepare_without_refused(self, commits: Sequence[Commit], reason: str, /) -> Iterator[Batch]:
        for commit in commits:
            yield [f"({commit.command.id}: {reason})"]
            yield [f"({commit.command.id})"]

    async def write(self, batch: Batch, step: Step) -> None:
        self._require_present()
        if step.expected != self.stored:
            raise Fenced("moved by somebody else")
        if self.refused & set(batch) or (self.takes_no_parked and ":" in "".join(batch)):
            raise RowsRefused("too long")
        self.written.append(batch)
        self.steps.append(step)
        self.stored = step.reached
        if self.answers_lost:
            self.answers_lost -= 1
            raise TablesUnavailable("the answer was lost")

    def note_written(self, batch: Batch) -> None:
        self.noted.append(batch)

    def names(self) -> list[str]:
        return [name for batch in self.written for name in batch]

    def _require_present(self) -> None:
        if self.away:
            self.away -= 1
            raise TablesUnavailable("away")
