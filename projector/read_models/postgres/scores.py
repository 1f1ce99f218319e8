"""Computes scores in the transaction that changes a rating."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.scoring import PUBLISHED, Formula
from projector.read_models.batch import BatchPart, Patch
from projector.read_models.postgres.statements import Statement, build_statements
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import (
    SCORES,
    RevealedRating,
    changes_scores,
    score_columns,
)
from projector.read_models.read_model import NOTHING_MORE, Key, TableShape

SELECT_REVEALED: Final = """
    SELECT ratee_id, role, score, created, retracted FROM ratings
    WHERE revealed_at IS NOT NULL
"""
SELECT_REVEALED_OF_RATEES: Final = f"""
    {SELECT_REVEALED}
    AND ratee_id IN (SELECT ratee_id FROM ratings WHERE review_id = ANY($1::uuid[]))
    ORDER BY ratee_id
"""


async def find_rescored_people(
    connection: PoolConnectionProxy, part: BatchPart
) -> list[tuple[Key, list[RevealedRating]]]:
    """Return the people whose scores the part may change, each with all revealed ratings. The
    rows of the part must have been written."""
    changed = [
        key for key, patch in part.patches[RATINGS.name].items() if changes_scores(patch.columns)
    ]
    if not changed:
        return []
    return list(group_by_ratee(await connection.fetch(SELECT_REVEALED_OF_RATEES, changed)))


def build_score_statements(
    people: Iterable[tuple[Key, Iterable[RevealedRating]]],
    table: TableShape = SCORES,
    formula: Formula = PUBLISHED,
) -> Iterator[Statement]:
    """Return the statements that put the scores of these people into `table`."""
    patches = {
        person_id: Patch(score_columns(revealed, formula), NOTHING_MORE)
        for person_id, revealed in people
    }
    return build_statements(table, patches)


def group_by_ratee(rows: Iterable[asyncpg.Record]) -> Iterator[tuple[Key, list[RevealedRating]]]:
    """Yield each person with that person's ratings. The rows must be ordered by `ratee_id`."""
    for ratee_id, of_ratee in groupby(rows, key=lambda row: row["ratee_id"]):
        yield (
            ratee_id,
            [
                RevealedRating(row["role"], row["score"], row["created"], row["retracted"])
                for row in of_ratee
            ],
        )
