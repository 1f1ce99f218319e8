"""Compares the scores in PostgreSQL with the votes in ClickHouse.

Both stores follow the journal on their own, and one function computes the scores from either.
So a wrong row in either of them shows as a difference, to the last bit.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final, Protocol

from projector.proof.findings import Findings
from projector.proof.key_order import Keyed, pair_by_key
from projector.proof.table_comparison import compare_row, key_rows
from projector.read_models.ports import TablesSnapshot
from projector.read_models.projections.scores import SCORES, RevealedRating, score_row
from projector.read_models.read_model import Key
from runtime.clickhouse.port import AnalyticsError
from runtime.progress.reporting import REPORT_S, Progress, ReportLine

PHASE: Final = "history"
"""Names the phase in lines of progress, and the source of a row in a difference."""


class NotCompared(Exception):
    """The history is away, or does not reach the position of the tables in time."""


class VotesInHistory(Protocol):
    """The revealed ratings as ClickHouse has them."""

    @property
    def position(self) -> int:
        """Position up to which the journal has been followed into ClickHouse."""
        ...

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Wait at most `wait_s`. Returns whether the history has come to `seq`."""
        ...

    def people(self, seq: int) -> AsyncGenerator[list[tuple[Key, list[RevealedRating]]], None]:
        """Yield everybody about whom a rating was revealed up to `seq`, in parts, ordered by id,
        each once and with all of these ratings. Raises AnalyticsError."""
        ...


async def compare_scores(
    history: VotesInHistory,
    snapshot: TablesSnapshot,
    seq: int,
    differences: Findings,
    patience_s: float,
    people_about: int = 0,
) -> AsyncGenerator[ReportLine, None]:
    """Compare the scores of the snapshot, whose position is `seq`, with the votes as they stood
    there. Adds to `differences`.

    Waits for the history if it is not there yet. Yields lines of progress, of about
    `people_about` people; the last one says how many were compared. Raises NotCompared.
    """
    async with aclosing(wait_for_history(history, seq, patience_s)) as lines:
        async for line in lines:
            yield line
    progress = Progress(PHASE, people_about)
    done = 0
    people = history.people(seq)
    try:
        async with aclosing(people):
            stored = key_rows(snapshot, SCORES)
            async for pairs in pair_by_key(_score(people), stored):
                for person_id, expected, row in pairs:
                    done += expected is not None
                    compare_row(SCORES, person_id, PHASE, expected, row, differences)
                if progress.must_rest() and await progress.rest():
                    yield progress.line(done)
    except AnalyticsError as error:
        raise NotCompared(f"the history is not available: {error}") from error
    yield progress.last_line(done)


async def _score(
    people: AsyncIterator[Sequence[tuple[Key, Sequence[RevealedRating]]]],
) -> AsyncIterator[list[Keyed]]:
    """Yield everybody's row of `scores`, computed from that person's ratings."""
    async for part in people:
        yield [(person_id, score_row(person_id, revealed)) for person_id, revealed in part]


async def wait_for_history(
    history: VotesInHistory, seq: int, patience_s: float
) -> AsyncGenerator[ReportLine, None]:
    """Wait until the history is at `seq`. Yields lines of progress. Raises NotCompared if it
    stands still for `patience_s`."""
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
