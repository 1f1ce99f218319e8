"""Folds the journal again and compares the result with the tables.

One pass over the journal, from its first record to the position of the tables, checks the hash
chain, proves the rules from the events alone (`projector.proof.rules`) and computes the rows
that the tables should have. Then every row of a snapshot of the tables is compared with these
rows, and every score with the votes in ClickHouse. It can also go on from a checkpoint that an
earlier pass has kept; all rows are compared then, too.

It can run beside live traffic: whoever reads or writes rows does not wait for it, it takes the
snapshot only when the history is not far behind, and it gives the event loop back every few
milliseconds. What it folds is in a scratch file: its memory does not grow with the journal.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Any, Final

import msgspec

from contracts.journal.acceptance import JournalBroken
from projector.proof.findings import Findings
from projector.proof.fold import JournalFold
from projector.proof.rules import RuleProof
from projector.proof.score_comparison import (
    NotCompared,
    VotesInHistory,
    compare_scores,
    wait_for_history,
)
from projector.proof.scratch.checkpoints import FROM_ZERO, NoCheckpoint, Start, VerifiedCheckpoints
from projector.proof.table_comparison import compare_tables
from projector.read_models.ports import Sink, TablesSnapshot
from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.bookings import BOOKINGS
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import TableShape
from runtime.journal.port import Journal
from runtime.journal.tail import START
from runtime.progress.reporting import ReportLine

PATIENCE_S: Final = 30.0
"""How long to wait for the next record of a journal, or the next step of a history, that must
come because the tables are further."""


async def verify(
    journal: Journal,
    sink: Sink,
    history: VotesInHistory | None = None,
    *,
    checkpoints: VerifiedCheckpoints | None = None,
    start: Start = FROM_ZERO,
    tables: Collection[TableShape] = TABLES,
    patience_s: float = PATIENCE_S,
) -> AsyncGenerator[ReportLine, None]:
    """Yield lines of progress, `{"phase", "done", "of"}`, then the result.

    Only rows of `tables` are compared. The result has `ok`, `position`, `from` (the position of
    the checkpoint that it went on from, 0 if none), `records` and `commits` (read behind that),
    the number of `announcements` and `bookings`, `over_capacity`, `double_confirmed`,
    `contradictions` and `differences` (examples; `found` has how many there are),
    `dead_letters`, `seat_ledger` (a digest that a renewal of the journal does not change),
    `generation` (number of the log that was read), `changed` (how many of `records` were
    changed by renewals, by reason), `scores_in_history` (how many people's scores were compared
    with `history`, or None if none were), `kept` (whether a checkpoint was kept), `problem`
    (why the journal or the history could not be followed to the tables' position, or None) and
    `seconds`. Raises TablesUnavailable. A broken journal is a result, not an error.
    """
    started_at = asyncio.get_running_loop().time()
    problem: str | None = None
    if history is not None:
        try:
            async with aclosing(_let_history_catch_up(history, sink, patience_s)) as lines:
                async for line in lines:
                    yield line
        except NotCompared as error:
            history, problem = None, str(error)
    async with sink.snapshot() as snapshot:
        examination = Examination(journal, snapshot, history, tables, patience_s, problem)
        async with aclosing(examination.run(checkpoints or VerifiedCheckpoints(), start)) as lines:
            async for line in lines:
                yield line
    yield {
        **examination.sum_up(),
        "seconds": round(asyncio.get_running_loop().time() - started_at, 3),
    }


async def _let_history_catch_up(
    history: VotesInHistory, sink: Sink, patience_s: float
) -> AsyncGenerator[ReportLine, None]:
    """Wait until the history is where the tables are now. Yields lines of progress. Raises
    NotCompared if the history stands still.

    No snapshot is open meanwhile: it would keep PostgreSQL from removing old rows.
    """
    async with sink.snapshot() as snapshot:
        position = await snapshot.position()
    async with aclosing(wait_for_history(history, position.state.seq, patience_s)) as lines:
        async for line in lines:
            yield line


class Examination:
    """One comparison of a journal with a snapshot."""

    def __init__(
        self,
        journal: Journal,
        snapshot: TablesSnapshot,
        history: VotesInHistory | None,
        tables: Collection[TableShape],
        patience_s: float,
        problem: str | None,
    ) -> None:
        """`problem` says why there is no `history`; None if there is one, or if none was
        wanted."""
        self._journal = journal
        self._snapshot = snapshot
        self._history = history
        self._tables = tables
        self._patience_s = patience_s
        self._problem = problem
        self._target = START
        self._dead_letters = 0
        self._fold: JournalFold | None = None
        self._differences = Findings()
        self._sizes: dict[str, int] = {}
        self._in_history: int | None = None
        self._kept = False

    async def run(
        self, checkpoints: VerifiedCheckpoints, start: Start
    ) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress; exhaust it. Raises TablesUnavailable."""
        self._target = await self._snapshot.position()
        self._dead_letters = await self._snapshot.dead_letters()
        dropped = await self._snapshot.dropped()
        checkpoints.forbid_before(await self._snapshot.last_erasure())
        try:
            async with checkpoints.begin(self._target, start) as beginning:
                self._fold = JournalFold(
                    self._target, beginning.scratch, beginning.position, dropped
                )
                async with aclosing(self._compare(self._fold)) as lines:
                    async for line in lines:
                        yield line
                if start.keeps and self._is_right():
                    await self._fold.rows.compact()
                    self._kept = await beginning.scratch.run(
                        lambda: checkpoints.keep(beginning.scratch, self._target)
                    )
        except (JournalBroken, NotCompared, NoCheckpoint) as error:
            self._problem, self._in_history = str(error), None
        except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
            self._problem = f"the scratch file cannot be used: {error}"

    async def _compare(self, fold: JournalFold) -> AsyncGenerator[ReportLine, None]:
        async with aclosing(fold.read(self._journal, self._patience_s)) as lines:
            async for line in lines:
                yield line
        compared = compare_tables(
            fold.rows, self._snapshot, self._differences, self._sizes, self._tables
        )
        async with aclosing(compared) as lines:
            async for line in lines:
                yield line
        if self._history is not None:
            scores = compare_scores(
                self._history,
                self._snapshot,
                self._target.state.seq,
                self._differences,
                self._patience_s,
                self._sizes[SCORES.name],
            )
            async with aclosing(scores) as lines:
                async for line in lines:
                    self._in_history = line["done"]
                    yield line

    def _is_right(self) -> bool:
        found = any(one.total for one in self._findings().values())
        return self._problem is None and self._dead_letters == 0 and not found

    def _findings(self) -> dict[str, Findings]:
        rules = self._fold.rules if self._fold else RuleProof()
        return {
            "over_capacity": rules.over_capacity,
            "double_confirmed": rules.double_confirmed,
            "contradictions": rules.contradictions,
            "differences": self._differences,
        }

    def sum_up(self) -> dict[str, Any]:
        """Return the result without its `seconds`."""
        fold, findings = self._fold, self._findings()
        return {
            "ok": self._is_right(),
            "position": self._target.state.seq,
            "from": fold.start.state.seq if fold else 0,
            "records": fold.records if fold else 0,
            "commits": fold.commits if fold else 0,
            "announcements": self._sizes.get(ANNOUNCEMENTS.name, 0),
            "bookings": self._sizes.get(BOOKINGS.name, 0),
            **{kind: one.examples for kind, one in findings.items()},
            "found": {kind: one.total for kind, one in findings.items()},
            "dead_letters": self._dead_letters,
            "seat_ledger": fold.ledger.digest if fold else None,
            "generation": fold.generation if fold else None,
            "changed": fold.changed if fold else {},
            "scores_in_history": self._in_history,
            "kept": self._kept,
            "problem": self._problem,
        }
