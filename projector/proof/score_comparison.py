"""Do the votes in ClickHouse come to the scores in PostgreSQL?

Both follow the same journal by themselves and compute with the same function, so a row that
is wrong in either shows as a difference, to the last bit.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

from projector.proof.findings import Findings
from projector.proof.pace import PROGRESS_S, Line, Pace
from projector.read_models.ports import Snapshot, VotesInHistory
from projector.read_models.projections.scores import SCORES, RevealedRating, score_row
from projector.read_models.read_model import Key
from runtime.clickhouse.port import AnalyticsError

PHASE: Final = "history"


class NotCompared(Exception):
    """The history does not answer, or does not come to the position of the tables."""


async def compare_scores(
    history: VotesInHistory,
    snapshot: Snapshot,
    seq: int,
    differences: Findings,
    patience_s: float,
) -> AsyncGenerator[Line, None]:
    """Progress lines, the last of which has `done` people. `seq` is the snapshot's position:
    the history is followed the small rest of the way, and read as it was there. Raises
    NotCompared."""
    async with aclosing(follow(history, seq, patience_s)) as lines:
        async for line in lines:
            yield line
    stored = {row[0]: row async for part in snapshot.rows(SCORES) for row in part}
    pace = Pace(PHASE, len(stored))
    done = 0
    try:
        async with aclosing(history.people(seq)) as people:
            async for person_id, revealed in people:
                done += 1
                _compare(person_id, revealed, stored.pop(person_id, None), differences)
                if pace.is_due() and await pace.rest():
                    yield pace.line(done)
    except AnalyticsError as error:
        raise NotCompared(f"the history is not available: {error}") from error
    for person_id in stored:
        differences.add(table=SCORES.name, key=person_id, only_in="table")
    yield pace.line(done)


async def follow(
    history: VotesInHistory, seq: int, patience_s: float
) -> AsyncGenerator[Line, None]:
    """Progress lines until the history is at `seq`. Raises NotCompared where it stands still
    for `patience_s` before."""
    now = asyncio.get_running_loop().time
    moved_at, position = now(), history.position
    while not await history.reach(seq, min(PROGRESS_S, patience_s)):
        if history.position != position:
            moved_at, position = now(), history.position
            yield {"phase": PHASE, "done": position, "of": seq}
        elif now() - moved_at >= patience_s:
            raise NotCompared(
                f"the scores were not compared with the history: it stands at position "
                f"{position}, the tables at {seq}"
            )


def _compare(
    person_id: Key,
    revealed: Sequence[RevealedRating],
    stored: Sequence[Any] | None,
    differences: Findings,
) -> None:
    expected = score_row(person_id, revealed)
    if stored is None:
        differences.add(table=SCORES.name, key=person_id, only_in="history")
    elif expected != tuple(stored):
        columns = {
            name: {"history": ours, "table": theirs}
            for name, ours, theirs in zip(SCORES.types, expected, stored, strict=True)
            if ours != theirs
        }
        differences.add(table=SCORES.name, key=person_id, columns=columns)
