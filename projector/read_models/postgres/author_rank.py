"""`announcements.author_rank`: the host's rank beside each evening, for an index to order by.

It follows from `scores` as these follow from `ratings`, so no event tells it, and whoever
changes a score or adds an evening has it follow in the same transaction. Hosts without a
score rank 0.

It follows while the evening is Created, Alive or Closed. A Done or Cancelled one keeps the
rank it had: a rating must not write all evenings anew that its host has ever held.
"""

from typing import Final

from asyncpg.pool import PoolConnectionProxy

from projector.read_models.batch import Batch
from projector.read_models.postgres.statements import SCHEMA
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import Key, TableShape

TIMEOUT_S: Final = 3600.0
"""For what goes through all evenings."""

_STANDING: Final = "a.status IN ('Created', 'Alive', 'Closed')"
_FOLLOW: Final = f"""
    UPDATE {SCHEMA}.{ANNOUNCEMENTS.name} a SET author_rank = score.host_rank
    FROM {SCHEMA}.{SCORES.name} score
    WHERE score.person_id = a.author_id AND a.author_rank <> score.host_rank
"""
# Also one that is over within its first batch, as it may be where tables are rebuilt.
_FOLLOW_IN_NEW: Final = f"{_FOLLOW} AND a.announcement_id = ANY($1::uuid[])"
_FOLLOW_OF_HOSTS: Final = f"{_FOLLOW} AND a.author_id = ANY($1::uuid[]) AND {_STANDING}"


def _select_wrong(scores: TableShape) -> str:
    return f"""
        SELECT a.announcement_id, coalesce(score.host_rank, 0) AS score, a.author_rank
        FROM {SCHEMA}.{ANNOUNCEMENTS.name} a
        LEFT JOIN {SCHEMA}.{scores.name} score ON score.person_id = a.author_id
        WHERE a.author_rank <> coalesce(score.host_rank, 0) AND {_STANDING}
    """


SELECT_WRONG: Final = _select_wrong(SCORES)


async def rank_evenings(connection: PoolConnectionProxy, batch: Batch, rescored: list[Key]) -> None:
    """After the batch's rows and the scores of `rescored` were written."""
    patches = batch.patches[ANNOUNCEMENTS.name]
    if new := [key for key, patch in patches.items() if patch.initial is not None]:
        await connection.execute(_FOLLOW_IN_NEW, new)
    if rescored:
        await connection.execute(_FOLLOW_OF_HOSTS, rescored)


async def rank_all_evenings(connection: PoolConnectionProxy, scores: TableShape = SCORES) -> None:
    """Whoever wrote them: as `scores`, a table of that shape, has them now."""
    await connection.execute(
        f"""
        UPDATE {SCHEMA}.{ANNOUNCEMENTS.name} a SET author_rank = wrong.score
        FROM ({_select_wrong(scores)}) wrong WHERE wrong.announcement_id = a.announcement_id
        """,
        timeout=TIMEOUT_S,
    )
