"""Keeps `announcements.author_rank` equal to the author's rank, so that an index can order by it.

The rank follows from `scores`, not from events. Code that changes a score or adds an
announcement updates it in the same transaction. An author without a score has rank 0.

It is updated while the announcement is Created, Alive or Closed. A Done or Cancelled one keeps
the rank that it had. Otherwise one rating would rewrite all that its author ever announced.
"""

from typing import Final

from asyncpg.pool import PoolConnectionProxy

from projector.read_models.batch import BatchPart
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import Key, TableShape

TIMEOUT_S: Final = 3600.0
"""For statements that go through all announcements."""

_IS_KEPT: Final = "a.status IN ('Created', 'Alive', 'Closed')"
_UPDATE_RANKS: Final = f"""
    UPDATE {ANNOUNCEMENTS.name} a SET author_rank = score.host_rank
    FROM {SCORES.name} score
    WHERE score.person_id = a.author_id AND a.author_rank <> score.host_rank
"""
# Whatever its status: in a rebuild an announcement may be over within its first batch.
_UPDATE_RANKS_OF_NEW: Final = f"{_UPDATE_RANKS} AND a.announcement_id = ANY($1::uuid[])"
_UPDATE_RANKS_OF_AUTHORS: Final = (
    f"{_UPDATE_RANKS} AND a.author_id = ANY($1::uuid[]) AND {_IS_KEPT}"
)


def _select_wrong(scores: TableShape) -> str:
    return f"""
        SELECT a.announcement_id, coalesce(score.host_rank, 0) AS score, a.author_rank
        FROM {ANNOUNCEMENTS.name} a
        LEFT JOIN {scores.name} score ON score.person_id = a.author_id
        WHERE a.author_rank <> coalesce(score.host_rank, 0) AND {_IS_KEPT}
    """


SELECT_WRONG: Final = _select_wrong(SCORES)


async def rank_announcements(
    connection: PoolConnectionProxy, part: BatchPart, rescored: list[Key]
) -> None:
    """Update the ranks of the part's new announcements, and of all those of the people in
    `rescored`. The rows of the part and the scores must have been written."""
    patches = part.patches[ANNOUNCEMENTS.name]
    if new := [key for key, patch in patches.items() if patch.initial is not None]:
        await connection.execute(_UPDATE_RANKS_OF_NEW, new)
    if rescored:
        await connection.execute(_UPDATE_RANKS_OF_AUTHORS, rescored)


async def rank_all_announcements(
    connection: PoolConnectionProxy, scores: TableShape = SCORES
) -> None:
    """Update every rank that differs from the table `scores`."""
    await connection.execute(
        f"""
        UPDATE {ANNOUNCEMENTS.name} a SET author_rank = wrong.score
        FROM ({_select_wrong(scores)}) wrong WHERE wrong.announcement_id = a.announcement_id
        """,
        timeout=TIMEOUT_S,
    )
