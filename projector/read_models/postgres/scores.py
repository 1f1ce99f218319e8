"""Scores in PostgreSQL: computed anew, inside the transaction that changed a rating."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.scoring import PUBLISHED, Formula
from projector.read_models.batch import Batch, Patch
from projector.read_models.postgres.statements import SCHEMA, Statement, statements_for
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import (
    SCORES,
    RevealedRating,
    changes_scores,
    score_columns,
)
from projector.read_models.read_model import NOTHING_MORE, Key, Put, TableShape

SELECT_REVEALED: Final = f"""
    SELECT ratee_id, role, score, created, retracted FROM {SCHEMA}.ratings
    WHERE revealed_at IS NOT NULL
"""
SELECT_REVEALED_OF_RATEES: Final = f"""
    {SELECT_REVEALED}
    AND ratee_id IN (SELECT ratee_id FROM {SCHEMA}.ratings WHERE review_id = ANY($1::uuid[]))
    ORDER BY ratee_id
"""


async def rescored_people(
    connection: PoolConnectionProxy, batch: Batch
) -> list[tuple[Key, list[RevealedRating]]]:
    """Whose ratings the batch has changed, with all of their revealed ones as it left them."""
    changed = [
        key for key, patch in batch.patches[RATINGS.name].items() if changes_scores(patch.columns)
    ]
    if not changed:
        return []
    return list(by_ratee(await connection.fetch(SELECT_REVEALED_OF_RATEES, changed)))


def statements_of(
    people: Iterable[tuple[Key, Iterable[RevealedRating]]],
    table: TableShape = SCORES,
    formula: Formula = PUBLISHED,
) -> list[Statement]:
    """What puts the scores of these people into `table`."""
    patches = {
        person_id: Patch(Put(table, person_id, score_columns(revealed, formula), NOTHING_MORE))
        for person_id, revealed in people
    }
    return statements_for(table, patches)


def by_ratee(rows: Iterable[asyncpg.Record]) -> Iterator[tuple[Key, list[RevealedRating]]]:
    """The rows are in the order of `ratee_id`."""
    for ratee_id, of_ratee in groupby(rows, key=lambda row: row["ratee_id"]):
        yield (
            ratee_id,
            [
                RevealedRating(row["role"], row["score"], row["created"], row["retracted"])
                for row in of_ratee
            ],
        )
