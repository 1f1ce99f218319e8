"""Folds the journal again and compares the result with the tables.

One pass over the journal, from its first record to the position of the tables, checks the hash
chain, proves the rules from the events alone (`projector.proof.rules`) and computes the rows
that the tables should have. Then every row of a snapshot of the tables is compared with these
rows, and every score with the votes in ClickHouse.

It can run beside live traffic: it locks nothing, it takes the snapshot only when the history
is not far behind, and it gives the event loop back every few milliseconds.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from contracts.journal.acceptance import JournalBroken
from projector.proof.findings import Findings
from projector.proof.fold import JournalFold
from projector.proof.progress import ReportLine
from projector.proof.score_comparison import (
    NotCompared,
    VotesInHistory,
    compare_scores,
    wait_for_history,
)
from projector.proof.table_comparison import compare_tables
from projector.read_models.ports import Sink, TablesSnapshot
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.bookings import BOOKINGS
from runtime.journal.port import Journal

PATIENCE_S: Final = 30.0
"""How long to wait for the next record of a journal, or the next step of a history, that must
come because the tables are further."""


async def verify(
    journal: Journal,
    sink: Sink,
    history: VotesInHistory | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> AsyncGenerator[ReportLine, None]:
    """Yield lines of progress, `{"phase", "done", "of"}`, then the result.

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
            async with aclosing(_let_history_catch_up(history, sink, patience_s)) as lines:
                async for line in lines:
                    yield line
        except NotCompared as error:
            history, problem = None, str(error)
    async with sink.snapshot() as snapshot:
        verified = _verify_snapshot(journal, snapshot, history, problem, patience_s, started_at)
        async with aclosing(verified) as lines:
            async for line in lines:
                yield line


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


async def _verify_snapshot(
    journal: Journal,
    snapshot: TablesSnapshot,
    history: VotesInHistory | None,
    problem: str | None,
    patience_s: float,
    started_at: float,
) -> AsyncGenerator[ReportLine, None]:
    """Yield lines of progress, then the result. `problem` says why there is no `history`; None
    if there is one, or if none was wanted."""
    fold = JournalFold(await snapshot.position())
    letters = await snapshot.dead_letters()
    differences = Findings()
    in_history: int | None = None
    try:
        async with aclosing(fold.read(journal, patience_s)) as lines:
            async for line in lines:
                yield line
        async with aclosing(compare_tables(fold.tables, snapshot, differences)) as lines:
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
    yield {
        **_sum_up(fold, differences, letters, problem),
        "scores_in_history": in_history,
        "seconds": round(asyncio.get_running_loop().time() - started_at, 3),
    }


def _sum_up(
    fold: JournalFold, differences: Findings, dead_letters: int, problem: str | None
) -> dict[str, Any]:
    kinds = {
        "over_capacity": fold.rules.over_capacity,
        "double_confirmed": fold.rules.double_confirmed,
        "contradictions": fold.rules.contradictions,
        "differences": differences,
    }
    found = {kind: findings.total for kind, findings in kinds.items()}
    return {
        "ok": problem is None and dead_letters == 0 and not any(found.values()),
        "position": fold.target.state.seq,
        "records": fold.records,
        "commits": fold.commits,
        "announcements": fold.sizes.get(ANNOUNCEMENTS.name, 0),
        "bookings": fold.sizes.get(BOOKINGS.name, 0),
        **{kind: findings.examples for kind, findings in kinds.items()},
        "found": found,
        "dead_letters": dead_letters,
        "problem": problem,
    }
