"""Folds the journal into the rows that the tables should have, and into the rules it breaks."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import Commit
from projector.proof.progress import Progress, ReportLine
from projector.proof.rules import RuleProof
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from runtime.journal.port import Journal
from runtime.journal.tail import Accepted, Position, Tail

FETCH_WAIT_S: Final = 1.0


class JournalFold:
    """Everything that follows from the journal up to `target`, the position of the tables."""

    def __init__(self, target: Position) -> None:
        self.target = target
        self.tables = MemoryTables()
        self.rules = RuleProof()
        self.records = 0
        self.commits = 0
        self.sizes: dict[str, int] = {}
        """Number of rows by table, once everything is read."""
        self._intake = Intake()

    async def read(self, journal: Journal, patience_s: float) -> AsyncGenerator[ReportLine, None]:
        """Read the journal. Yields lines of progress; exhaust it. Raises JournalBroken if the
        journal does not lead to the target, or brings no record for `patience_s`."""
        loop = asyncio.get_running_loop()
        tail = Tail(journal)
        progress = Progress("journal", self.target.state.seq)
        heard_at = loop.time()
        try:
            while missing := self.target.state.seq - self.records:
                fetched = await tail.fetch(FETCH_WAIT_S)
                if fetched:
                    heard_at = loop.time()
                elif loop.time() - heard_at >= patience_s:
                    raise JournalBroken(
                        f"no record follows seq {self.records}; the tables are at {self.target}"
                    )
                for accepted in fetched[:missing]:
                    self._take(accepted)
                    if progress.must_rest() and await progress.rest():
                        yield progress.line(self.records)
        finally:
            await tail.close()
        for _ in self.tables.score():
            if progress.must_rest() and await progress.rest():
                yield progress.line(self.records)
        self.sizes = {name: len(rows) for name, rows in self.tables.rows.items()}
        yield progress.line(self.records)

    def _take(self, accepted: Accepted) -> None:
        self.records += 1
        if self.records == self.target.state.seq and accepted.position != self.target:
            raise JournalBroken(
                f"the tables follow {self.target}, the journal has {accepted.position} there"
            )
        if isinstance(accepted.record, Commit):
            self.commits += 1
            self._take_commit(accepted.record)

    def _take_commit(self, commit: Commit) -> None:
        projected = self._intake.take([commit])
        self.rules.record(commit.seq, [one.event for one in projected if one.event is not None])
        self._intake.stop(one.letter for one in projected if one.letter is not None)
        for one in projected:
            for put in one.puts:
                # If a row that must exist is absent, nothing is put. The projector has parked
                # that event, and verify counts the dead letter.
                self.tables.put(put)
            if one.erased is not None:
                self.tables.erase([one.erased])
