"""Compares the scores in PostgreSQL with the votes in ClickHouse.

Each follows the same journal by itself, and the scores of both are computed by the same
function. So a wrong row on either side shows as a difference, to the last bit.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Protocol

from projector.proof.findings import Findings
from projector.proof.progress import REPORT_S, Progress, ReportLine
from projector.proof.table_comparison import compare_row
from projector.read_models.ports import TablesSnapshot
from projector.read_models.projections.scores import SCORES, RevealedRating, score_row
from projector.read_models.read_model import Key
from runtime.clickhouse.port import AnalyticsError

PHASE: Final = "history"


class NotCompared(Exception):
    """The history does not answer, or does not reach the position of the tables."""


class VotesInHistory(Protocol):
    """The votes as ClickHouse has them."""

    @property
    def position(self) -> int:
        """Position of the journal up to which the votes are there."""
        ...

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Wait at most `wait_s`. Returns whether the votes have come to `seq`."""
        ...

    def people(self, seq: int) -> AsyncGenerator[tuple[Key, list[RevealedRating]], None]:
        """Yield everybody of whom a rating was revealed up to `seq`, with all those ratings.
        Raises AnalyticsError."""
        ...


async def compare_scores(
    history: VotesInHistory,
    snapshot: TablesSnapshot,
    seq: int,
    differences: Findings,
    patience_s: float,
) -> AsyncGenerator[ReportLine, None]:
    """Yield lines of progress; the last one says how many people were compared.

    `seq` is the snapshot's position. The history is waited for until it is there, and read as
    it was there. Raises NotCompared.
    """
    async with aclosing(follow(history, seq, patience_s)) as lines:
        async for line in lines:
            yield line
    stored = {row[0]: row async for part in snapshot.rows(SCORES) for row in part}
    progress = Progress(PHASE, len(stored))
    done = 0
    try:
        async with aclosing(history.people(seq)) as people:
            async for person_id, revealed in people:
                done += 1
                expected = score_row(person_id, revealed)
                row = stored.pop(person_id, None)
                compare_row(SCORES, person_id, PHASE, expected, row, differences)
                if progress.must_rest() and await progress.rest():
                    yield progress.line(done)
    except AnalyticsError as error:
        raise NotCompared(f"the history is not available: {error}") from error
    for person_id, row in stored.items():
        compare_row(SCORES, person_id, PHASE, None, row, differences)
    yield progress.line(done)


async def follow(
    history: VotesInHistory, seq: int, patience_s: float
) -> AsyncGenerator[ReportLine, None]:
    """Yield lines of progress until the history is at `seq`. Raises NotCompared if it stands
    still for `patience_s`."""
    now = asyncio.get_running_loop().time
    moved_at, position = now(), history.position
    while not await history.reach(seq, min(REPORT_S, patience_s)):
        if history.position != position:
            moved_at, position = now(), history.position
            yield {"phase": PHASE, "done": position, "of": seq}
        elif now() - moved_at >= patience_s:
            raise NotCompared(
                f"the scores were not compared with the history: it stands at position "
                f"{position}, the tables at {seq}"
            )
