"""Table `ratings` of the analysts' database: only ratings that were revealed.

The event that reveals a rating does not repeat its score. It is looked up in the history, which
has every version of every rating.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from contracts.events.rating import NO_SHOW
from projector.analysts.rows import choose_columns
from projector.history.events import RecordedEvent
from projector.history.ratings import RETRACTED, REVEALED
from projector.history.rows import Rows
from projector.history.values import get_text
from runtime.clickhouse.port import Analytics, SqlParameter
from runtime.pseudonyms import Pseudonyms

RATING_COLUMNS: Final = (
    "review_id",
    "version",
    "event_index",
    "at_ms",
    "day",
    "type",
    "announcement_id",
    "rater_id",
    "ratee_id",
    "role",
    "score",
    "no_show",
    "given_at_ms",
    "revealed",
    "retracted",
)
LOOKUP_MAX: Final = 1_000
"""Ratings of one query. Old servers take 256 KB of SQL."""

_SELECT_REVEALED: Final = """
    SELECT review_id, argMax(score, version) AS last_score, min(at_ms),
           position(argMaxIf(tags, version, tags != ''), %(no_show)s) > 0
    FROM ratings
    WHERE ratee_id IN %(ratees)s AND review_id IN %(reviews)s
    GROUP BY review_id HAVING max(revealed) = 1 AND isNotNull(last_score)
"""
_NO_SHOW_TAG: Final = f'"{NO_SHOW}"'


class RatingChange(NamedTuple):
    """An event that revealed a rating or took it back."""

    version: int
    event_index: int
    at_ms: int
    day: date
    type: str
    review_id: str
    announcement_id: str
    rater_id: str
    ratee_id: str
    role: str


class RevealedScore(NamedTuple):
    """What the history knows of a revealed rating."""

    score: int
    given_at_ms: int
    no_show: int


def rating_changes(events: Iterable[RecordedEvent]) -> list[RatingChange]:
    """Return the events that revealed a rating or took one back."""
    return [
        RatingChange(
            one.seq,
            one.event_index,
            one.at_ms,
            one.day,
            one.type,
            *(
                get_text(one.fields, name)
                for name in ("review_id", "announcement_id", "rater_id", "ratee_id", "role")
            ),
        )
        for one in events
        if one.type in (REVEALED, RETRACTED)
    ]


async def look_up_scores(
    history: Analytics, changes: Sequence[RatingChange]
) -> dict[str, RevealedScore]:
    """Return the scores of those ratings that were ever revealed, by review. The history must
    have the changes. Raises AnalyticsError."""
    found: dict[str, RevealedScore] = {}
    for start in range(0, len(changes), LOOKUP_MAX):
        some = changes[start : start + LOOKUP_MAX]
        parameters: dict[str, SqlParameter] = {
            "no_show": _NO_SHOW_TAG,
            "ratees": tuple({one.ratee_id for one in some}),
            "reviews": tuple({one.review_id for one in some}),
        }
        for review_id, *values in (await history.query(_SELECT_REVEALED, parameters)).rows:
            found[review_id] = RevealedScore(*map(int, values))
    return found


def rating_rows(
    changes: Iterable[RatingChange],
    scores: Mapping[str, RevealedScore],
    pseudonyms: Pseudonyms,
) -> Rows:
    """Return the rows of the changes. A rating that was taken back while it was sealed has
    none."""
    rows = Rows(RATING_COLUMNS)
    for one in changes:
        known = scores.get(one.review_id)
        if known is None:
            continue
        revealed = one.type == REVEALED
        values = {
            **one._asdict(),
            **known._asdict(),
            "score": known.score if revealed else None,
            "revealed": int(revealed),
            "retracted": int(not revealed),
        }
        rows.add(choose_columns(RATING_COLUMNS, values, pseudonyms))
    return rows
