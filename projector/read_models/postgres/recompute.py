"""Tries another formula on all ratings, and switches to a newly published one.

A trial computes every score from the live ratings into a shadow table
(`read_model.scores_shadow`), and says who would move and by how much. The shadow table stays, so
that it can be read.

To switch, publish new constants (`contracts.scoring`) and start that version. If a projector
finds scores by another formula, it computes all of them again and replaces them in one
transaction; reads wait only for the end of it. To go back, start the old version.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct, to_builtins

from contracts.scoring import PUBLISHED, Formula
from contracts.values.ids import SYSTEM
from projector.read_models.postgres.author_rank import rank_all_announcements
from projector.read_models.postgres.scores import (
    SELECT_REVEALED,
    build_score_statements,
    group_by_ratee,
)
from projector.read_models.projections.scores import SCORES, RevealedRating
from projector.read_models.read_model import Key
from runtime.postgres.operator_acts import SignedAct, record_act
from runtime.postgres.tables import ALLOW_COMPUTING
from runtime.process.clock import system_clock

log = logging.getLogger(__name__)

SHADOW: Final = SCORES._replace(name="scores_shadow")
ROWS_AT_ONCE: Final = 2_000
MOVERS_MAX: Final = 20
TIMEOUT_S: Final = 3600.0

# There is one shadow: of two trials at once, one waits.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('practix scores'))"
# Every projector locks this row while it writes. While we hold the lock, none does.
_LOCK_POSITIONS: Final = "SELECT FROM reader_position FOR UPDATE"
_SELECT_FORMULA: Final = "SELECT formula FROM score_formula"
_STORE_FORMULA: Final = """
    INSERT INTO score_formula (formula) VALUES ($1)
    ON CONFLICT (only_one) DO UPDATE SET formula = excluded.formula
"""
_CREATE_SHADOW: Final = f"""
    DROP TABLE IF EXISTS {SHADOW.name};
    CREATE TABLE {SHADOW.name} (LIKE {SCORES.name} INCLUDING ALL)
"""
_SWITCH: Final = f"""
    DROP TABLE {SCORES.name};
    ALTER TABLE {SHADOW.name} RENAME TO {SCORES.name}
"""
_ROLES: Final = ("host", "guest", "overall")
_BOTH: Final = f"FROM {SCORES.name} live JOIN {SHADOW.name} shadow USING (person_id)"
_SELECT_SHIFT: Final = f"""
    SELECT count(*) AS people,
           count(*) FILTER (WHERE shadow.{{role}}_rating <> live.{{role}}_rating) AS moved,
           coalesce(avg(abs(shadow.{{role}}_rating - live.{{role}}_rating)), 0) AS mean_shift,
           coalesce(max(abs(shadow.{{role}}_rating - live.{{role}}_rating)), 0) AS largest_shift
    {_BOTH} WHERE live.{{role}}_rating_count > 0
"""
_SELECT_MOVERS: Final = f"""
    SELECT person_id, live.{{role}}_rating AS before, shadow.{{role}}_rating AS after,
           live.{{role}}_rank AS rank_before, shadow.{{role}}_rank AS rank_after,
           live.{{role}}_rating_count AS rating_count
    {_BOTH} WHERE live.{{role}}_rating_count > 0 AND shadow.{{role}}_rank <> live.{{role}}_rank
    ORDER BY abs(shadow.{{role}}_rank - live.{{role}}_rank) DESC, person_id LIMIT {MOVERS_MAX}
"""


class Mover(Struct, frozen=True):
    """A person whose rank would change, with the live and the tried score."""

    person_id: str
    before: float
    after: float
    rank_before: float
    rank_after: float
    rating_count: int


class ScoreShift(Struct, frozen=True):
    """The effect of another formula on the scores of one role."""

    people: int
    """People with a counted rating in the role."""
    moved: int
    """People whose shown rating would change."""
    mean_shift: float
    largest_shift: float
    movers: Sequence[Mover]
    """People whose ranks would move most, furthest first."""


class FormulaTrial(Struct, frozen=True):
    """The formula that was tried, the live one, and what would change in each role."""

    formula: Formula
    live: Formula
    host: ScoreShift
    guest: ScoreShift
    overall: ScoreShift


async def try_formula(pool: asyncpg.Pool, formula: Formula) -> FormulaTrial:
    """Compute the scores by `formula` into the shadow table, and compare them with the live
    ones, which do not change. Raises errors of asyncpg."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        await connection.execute(ALLOW_COMPUTING)
        await _fill_shadow(connection, formula)
        shifts = {role: await _measure_shift(connection, role) for role in _ROLES}
    return FormulaTrial(formula, PUBLISHED, **shifts)


async def publish_formula(pool: asyncpg.Pool, formula: Formula = PUBLISHED) -> bool:
    """Make sure that all scores are by `formula`, and that announcements are ranked by them.
    Returns whether the scores had to be computed. Raises errors of asyncpg.

    Ranks are checked even if the scores are right: an earlier version that keeps no ranks may
    have written in between.
    """
    constants = to_builtins(formula)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ALLOW_COMPUTING)
        await connection.execute(_LOCK_POSITIONS)
        before = await connection.fetchval(_SELECT_FORMULA)
        changed: bool = before != constants
        if changed:
            await _fill_shadow(connection, formula)
            await rank_all_announcements(connection, SHADOW)
            await connection.execute(_STORE_FORMULA, constants)
            if before is not None:
                signed = SignedAct(SYSTEM, system_clock())
                await record_act(connection, signed, "formula", "scores", before, constants)
            # Last: from here to the end of the transaction, reads of scores wait.
            await connection.execute(_SWITCH)
        else:
            await rank_all_announcements(connection)
    if changed:
        log.info("scores computed anew", extra={"formula": constants})
    return changed


async def _fill_shadow(connection: PoolConnectionProxy, formula: Formula) -> None:
    await connection.execute(_LOCK)
    await connection.execute(_CREATE_SHADOW)
    async for people in _read_everybody(connection):
        for statement in build_score_statements(people, SHADOW, formula):
            await connection.execute(statement.sql, *statement.arguments)


async def _read_everybody(
    connection: PoolConnectionProxy,
) -> AsyncIterator[Sequence[tuple[Key, list[RevealedRating]]]]:
    """Yield all people who have revealed ratings, in parts, each person once. A person whose
    ratings come in two fetches is completed before being yielded."""
    cursor = await connection.cursor(f"{SELECT_REVEALED} ORDER BY ratee_id", timeout=TIMEOUT_S)
    unfinished: tuple[Key, list[RevealedRating]] | None = None
    while records := await cursor.fetch(ROWS_AT_ONCE):
        people = list(group_by_ratee(records))
        if unfinished is not None and unfinished[0] == people[0][0]:
            people[0] = (people[0][0], unfinished[1] + people[0][1])
        elif unfinished is not None:
            people.insert(0, unfinished)
        unfinished = people.pop()
        yield people
    if unfinished is not None:
        yield [unfinished]


async def _measure_shift(connection: PoolConnectionProxy, role: str) -> ScoreShift:
    totals = await connection.fetchrow(_SELECT_SHIFT.format(role=role))
    movers = await connection.fetch(_SELECT_MOVERS.format(role=role))
    assert totals is not None
    return ScoreShift(**dict(totals), movers=[Mover(**dict(row)) for row in movers])
