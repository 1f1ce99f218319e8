"""Folds the journal again and compares the result with the tables.

One pass over the journal, from its first record to the tables' position, checks the hash
chain, proves the rules from the events alone (`projector.proof.rules`) and computes the rows
that the tables should have. Then every row of a snapshot is compared with them, and every
score with the votes in ClickHouse.

It can run beside live traffic: it locks nothing, it takes the snapshot only when the history
is not far behind, and it gives the event loop back every few milliseconds.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

from contracts.acceptance import JournalBroken
from contracts.records import Commit
from projector.proof.findings import Findings
from projector.proof.progress import Progress, ReportLine
from projector.proof.rules import RuleProof
from projector.proof.score_comparison import NotCompared, VotesInHistory, compare_scores, follow
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables, Row
from projector.read_models.ports import Sink, TablesSnapshot
from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.bookings import BOOKINGS
from projector.read_models.read_model import TableShape
from runtime.journal.port import Journal
from runtime.journal.tail import Accepted, Position, Tail

FETCH_WAIT_S: Final = 1.0
PATIENCE_S: Final = 30.0
"""How long to wait for a record that the tables contain."""


async def verify(
    journal: Journal,
    sink: Sink,
    history: VotesInHistory | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> AsyncGenerator[ReportLine, None]:
    """Yields lines of progress, `{"phase", "done", "of"}`, then the result.

    The result has `ok`, `position`, `records`, `commits`, the number of `announcements` and
    `bookings`, `over_capacity`, `double_confirmed`, `contradictions` and `differences`
    (examples; `found` has how many there are), `dead_letters`, `scores_in_history` (how many
    people's scores were compared with `history`, or None if none were), `problem` (why the
    journal or the history could not be followed to the tables' position, or None) and
    `seconds`. Raises TablesUnavailable. A broken journal is a result, not an error.
    """
    started_at = asyncio.get_running_loop().time()
    problem: str | None = None
    if history is not None:
        try:
            async with aclosing(_await_history(history, sink, patience_s)) as lines:
                async for line in lines:
                    yield line
        except NotCompared as error:
            history, problem = None, str(error)
    async with sink.snapshot() as snapshot:
        fold = _Fold(await snapshot.position(), started_at)
        compared = _verify_snapshot(fold, journal, snapshot, history, problem, patience_s)
        async with aclosing(compared) as lines:
            async for line in lines:
                yield line


async def _await_history(
    history: VotesInHistory, sink: Sink, patience_s: float
) -> AsyncGenerator[ReportLine, None]:
    """Waits until the history is where the tables are now, as long as it moves. Holds no
    snapshot meanwhile, which would keep PostgreSQL from removing old rows. Raises
    NotCompared."""
    async with sink.snapshot() as snapshot:
        position = await snapshot.position()
    async with aclosing(follow(history, position.state.seq, patience_s)) as lines:
        async for line in lines:
            yield line


async def _verify_snapshot(
    fold: "_Fold",
    journal: Journal,
    snapshot: TablesSnapshot,
    history: VotesInHistory | None,
    problem: str | None,
    patience_s: float,
) -> AsyncGenerator[ReportLine, None]:
    """Yields lines of progress, then the result. `problem` says why there is no history."""
    letters = await snapshot.dead_letters()
    differences = Findings()
    in_history: int | None = None
    try:
        async with aclosing(fold.read(journal, patience_s)) as lines:
            async for line in lines:
                yield line
        async with aclosing(_compare(fold.tables, snapshot, differences)) as lines:
            async for line in lines:
                yield line
        if history is not None:
            target = fold.target.state.seq
            compared = compare_scores(history, snapshot, target, differences, patience_s)
            async with aclosing(compared) as lines:
                async for line in lines:
                    in_history = line["done"]
                    yield line
    except (JournalBroken, NotCompared) as error:
        problem, in_history = str(error), None
    yield fold.result(differences, letters, problem) | {"scores_in_history": in_history}


class _Fold:
    """Reads the journal up to `target`, and holds everything that follows from it."""

    def __init__(self, target: Position, started_at: float) -> None:
        self.target = target
        self._started_at = started_at
        self.tables = MemoryTables()
        self._rules = RuleProof()
        self._intake = Intake()
        self._records = 0
        self._commits = 0
        self._sizes: dict[str, int] = {}

    async def read(self, journal: Journal, patience_s: float) -> AsyncGenerator[ReportLine, None]:
        """Yields lines of progress. Raises JournalBroken if the journal does not lead to the
        target."""
        loop = asyncio.get_running_loop()
        tail = Tail(journal)
        progress = Progress("journal", self.target.state.seq)
        heard_at = loop.time()
        try:
            while missing := self.target.state.seq - self._records:
                fetched = await tail.fetch(FETCH_WAIT_S)
                if fetched:
                    heard_at = loop.time()
                elif loop.time() - heard_at >= patience_s:
                    raise JournalBroken(
                        f"no record follows seq {self._records}; the tables are at {self.target}"
                    )
                for accepted in fetched[:missing]:
                    self._take(accepted)
                    if progress.must_rest() and await progress.rest():
                        yield progress.line(self._records)
        finally:
            await tail.close()
        for _ in self.tables.score():
            if progress.must_rest() and await progress.rest():
                yield progress.line(self._records)
        self._sizes = {name: len(rows) for name, rows in self.tables.rows.items()}
        yield progress.line(self._records)

    def result(self, differences: Findings, dead_letters: int, problem: str | None) -> ReportLine:
        kinds = {
            "over_capacity": self._rules.over_capacity,
            "double_confirmed": self._rules.double_confirmed,
            "contradictions": self._rules.contradictions,
            "differences": differences,
        }
        found = {kind: findings.total for kind, findings in kinds.items()}
        return {
            "ok": problem is None and dead_letters == 0 and not any(found.values()),
            "position": self.target.state.seq,
            "records": self._records,
            "commits": self._commits,
            "announcements": self._sizes.get(ANNOUNCEMENTS.name, 0),
            "bookings": self._sizes.get(BOOKINGS.name, 0),
            **{kind: findings.examples for kind, findings in kinds.items()},
            "found": found,
            "dead_letters": dead_letters,
            "problem": problem,
            "seconds": round(asyncio.get_running_loop().time() - self._started_at, 3),
        }

    def _take(self, accepted: Accepted) -> None:
        self._records += 1
        if self._records == self.target.state.seq and accepted.position != self.target:
            raise JournalBroken(
                f"the tables follow {self.target}, the journal has {accepted.position} there"
            )
        if isinstance(accepted.record, Commit):
            self._commits += 1
            self._take_commit(accepted.record)

    def _take_commit(self, commit: Commit) -> None:
        projected = self._intake.take([commit])
        self._rules.record(commit.seq, [one.event for one in projected if one.event is not None])
        self._intake.stop(one.letter for one in projected if one.letter is not None)
        for one in projected:
            for put in one.puts:
                # If the row is absent, the projector has parked the event, and the result
                # counts the dead letter.
                self.tables.put(put)


async def _compare(
    expected: MemoryTables, snapshot: TablesSnapshot, differences: Findings
) -> AsyncGenerator[ReportLine, None]:
    """Compares row by row, and takes each row out of `expected`: what stays is missing in the
    tables. The ranks of announcements are compared with the snapshot's own scores, which were
    compared before."""
    for table in TABLES:
        rows = expected.rows[table.name]
        progress = Progress(table.name, len(rows))
        done = 0
        async for part in snapshot.rows(table):
            for row in part:
                done += 1
                _compare_row(table, rows.pop(row[0], None), row, differences)
                if progress.must_rest() and await progress.rest():
                    yield progress.line(done)
        for key in rows:
            differences.add(table=table.name, key=key, only_in="journal")
        rows.clear()
        yield progress.line(done)
    for wrong in await snapshot.wrong_ranks():
        columns = {"author_rank": {"scores": wrong.score, "table": wrong.author_rank}}
        differences.add(table=ANNOUNCEMENTS.name, key=wrong.announcement_id, columns=columns)


def _compare_row(
    table: TableShape, expected: Row | None, actual: Sequence[Any], differences: Findings
) -> None:
    if expected is None:
        differences.add(table=table.name, key=actual[0], only_in="table")
    elif expected != tuple(actual):
        columns = {
            name: {"journal": ours, "table": theirs}
            for name, ours, theirs in zip(table.types, expected, actual, strict=True)
            if ours != theirs
        }
        differences.add(table=table.name, key=actual[0], columns=columns)
