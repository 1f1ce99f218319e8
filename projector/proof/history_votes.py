"""Reads everybody's revealed ratings from ClickHouse, as they stood at a position.

They are read by ranges of people, in the order of the table, so that no answer is too large for
memory. A row may be there twice: every value is the minimum, the maximum or the newest of a
rating's rows, so that changes nothing.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import groupby, islice, pairwise
from typing import Any, Final, Protocol

from contracts.values.times import from_ms
from projector.read_models.projections.scores import RevealedRating
from projector.read_models.read_model import Key
from runtime.clickhouse.port import Analytics, SqlParameter
from runtime.journal.tail import Position

RANGE_ROWS: Final = 50_000
"""About how many rows of the table one query reads."""
PEOPLE_AT_ONCE: Final = 100
DIGITS_MAX: Final = 4
"""Ranges begin with at most so many digits of an id: there are 16 ** 4 at most."""

_COUNT: Final = "SELECT count() FROM ratings"
_SELECT_REVEALED: Final = """
    SELECT ratee_id, max(role), argMax(score, version) AS last_score, min(at_ms), max(retracted)
    FROM ratings
    WHERE ratee_id >= %(first)s AND ratee_id < %(behind)s AND version <= %(seq)s
    GROUP BY ratee_id, review_id
    HAVING max(revealed) = 1 AND isNotNull(last_score)
    ORDER BY ratee_id
"""


class HistoryProgress(Protocol):
    """How far the journal has been followed into ClickHouse. A JournalReader is one."""

    position: Position

    async def reach(self, seq: int, wait_s: float) -> bool:
        """Wait at most `wait_s`. Returns whether the history has come to `seq`."""
        ...


class HistoryVotes:
    """Implements `projector.proof.score_comparison.VotesInHistory`."""

    def __init__(self, analytics: Analytics, history: HistoryProgress) -> None:
        self._analytics = analytics
        self._history = history

    @property
    def position(self) -> int:
        return self._history.position.state.seq

    async def reach(self, seq: int, wait_s: float) -> bool:
        return await self._history.reach(seq, wait_s)

    async def people(
        self, seq: int
    ) -> AsyncGenerator[list[tuple[Key, list[RevealedRating]]], None]:
        rows = int((await self._analytics.scan(_COUNT)).rows[0][0])
        for first, behind in cut_ranges(rows):
            wanted: dict[str, SqlParameter] = {"first": first, "behind": behind, "seq": seq}
            answer = await self._analytics.scan(_SELECT_REVEALED, wanted)
            ratees = _by_ratee(answer.rows)
            while part := list(islice(ratees, PEOPLE_AT_ONCE)):
                yield part


def cut_ranges(rows: int) -> list[tuple[str, str]]:
    """Return ranges of ids, each as its first id and the id behind its last, that together cover
    every text in ASCII. Ids are random, so each range has about RANGE_ROWS of the `rows`."""
    digits = 0
    while digits < DIGITS_MAX and rows > RANGE_ROWS * 16**digits:
        digits += 1
    inner = [f"{number:0{digits}x}" for number in range(1, 16**digits)]
    return list(pairwise(["", *inner, "\x7f"]))


def _by_ratee(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Key, list[RevealedRating]]]:
    for ratee_id, of_ratee in groupby(rows, key=lambda row: row[0]):
        yield (
            ratee_id,
            [
                RevealedRating(role, int(score), from_ms(at_ms), bool(retracted))
                for _, role, score, at_ms, retracted in of_ratee
            ],
        )
