"""Folds the journal into the rows that the tables should have, and into the rules it breaks."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import Final

from msgspec import UNSET

from contracts.journal.acceptance import JournalBroken
from contracts.journal.places import EventPlace
from contracts.journal.records import Commit
from contracts.journal.renewal import REASONS
from projector.proof.rules import RuleProof
from projector.proof.scratch.expected_rows import ExpectedRows
from projector.proof.scratch.file import Scratch
from projector.proof.scratch.kept_states import KeptStates
from projector.proof.seat_ledger import SeatLedger
from projector.read_models.intake import Intake
from runtime.journal.port import Journal
from runtime.journal.tail import START, Accepted, Position, Tail
from runtime.progress.reporting import Progress, ReportLine

FETCH_WAIT_S: Final = 1.0


class JournalFold:
    """Everything that follows from the journal up to `target`, the position of the tables.

    It is kept in `scratch`, which holds everything up to `start`. What is in memory does not grow
    with the journal, but with what takes place at the same time.
    """

    def __init__(
        self,
        target: Position,
        scratch: Scratch,
        start: Position = START,
        dropped: Collection[EventPlace] = (),
    ) -> None:
        """`dropped` are the events that no projection takes."""
        self.target = target
        self.rows = ExpectedRows(scratch)
        self.records = 0
        self.commits = 0
        self.generation = 0
        """Number of the log that was read last."""
        self.changed = dict.fromkeys(REASONS, 0)
        """How many of the records were changed by renewals, for each reason."""
        self.start = start
        self._scratch = scratch
        self._states = KeptStates(scratch)
        self.rules = RuleProof(self._states.find, self._states.read_calendars())
        self.ledger = SeatLedger(self._states.read_ledger())
        self._intake = Intake(dropped=dropped)

    async def read(self, journal: Journal, patience_s: float) -> AsyncGenerator[ReportLine, None]:
        """Read the journal. Yields lines of progress; exhaust it. Raises JournalBroken if the
        journal does not lead to the target, or brings no record for `patience_s`."""
        loop = asyncio.get_running_loop()
        tail = Tail(journal, self.start)
        progress = Progress("journal", self.target.state.seq)
        heard_at = loop.time()
        try:
            while (missing := self.target.state.seq - self._seq) or not tail.confirmed:
                fetched = await tail.fetch(FETCH_WAIT_S)
                if fetched:
                    heard_at = loop.time()
                elif loop.time() - heard_at >= patience_s:
                    raise JournalBroken(
                        f"no record follows seq {self._seq}; the tables are at {self.target}"
                    )
                for accepted in fetched[:missing]:
                    self._take(accepted)
                    if progress.must_rest() and await progress.rest():
                        yield progress.line(self._seq)
                if self.rows.must_write or self._states.must_write:
                    await self._scratch.run(self._write)
        finally:
            self.generation = tail.log.generation
            await tail.close()
        await self._scratch.run(self._write_all)
        yield progress.line(self._seq)

    @property
    def _seq(self) -> int:
        return self.start.state.seq + self.records

    def _write(self) -> None:
        self.rows.write()
        self._states.write()

    def _write_all(self) -> None:
        self.rows.write()
        self._states.write_all(self.rules.calendars, self.ledger.digest)

    def _take(self, accepted: Accepted) -> None:
        self.records += 1
        if self._seq == self.target.state.seq and not accepted.is_at(self.target):
            raise JournalBroken(
                f"the tables follow {self.target}, the journal has {accepted.position} there"
            )
        if isinstance(accepted.record, Commit):
            self.commits += 1
            if accepted.record.carried is not UNSET:
                for reason in accepted.record.carried.why:
                    self.changed[reason] = self.changed.get(reason, 0) + 1
            self._take_commit(accepted.record)

    def _take_commit(self, commit: Commit) -> None:
        projected = self._intake.take([commit])
        events = [one.event for one in projected if one.event is not None]
        self.rules.record(commit.seq, events)
        self.ledger.record(commit.seq, events)
        self._intake.stop(one.letter for one in projected if one.letter is not None)
        for one in projected:
            self.rows.add(one)
